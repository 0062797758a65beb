"""The yardstick: bare Flask under the same server, a hello and a 25-row table, no database."""

from __future__ import annotations

from flask import Flask, render_template_string

TABLE = """<!doctype html><title>Bare</title><table>{% for row in rows %}<tr>
{% for cell in row %}<td class="cell cell-{{ loop.index }}">{{ cell }}</td>{% endfor %}
</tr>{% endfor %}</table>"""
ROWS = [[f"{row}-{column} text of a cell" for column in range(9)] for row in range(25)]

app = Flask(__name__)


@app.get("/hello")
def hello() -> str:
    """Nothing but the framework."""
    return "hello"


@app.get("/table")
def table() -> str:
    """Nothing but the framework and a template."""
    return render_template_string(TABLE, rows=ROWS)
