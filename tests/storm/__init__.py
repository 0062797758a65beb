"""``make storm``: 10,000 tickets while everything is killed again and again. See tests.support.storm."""
