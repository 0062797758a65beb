"""What happens at the door, for whoever must know: the layers above subscribe."""

from __future__ import annotations

from blinker import Namespace

_door = Namespace()
signed_in = _door.signal("signed-in")  # user=Staff, after the second factor if he has one
signed_out = _door.signal("signed-out")  # user=Staff
sign_in_failed = _door.signal("sign-in-failed")  # login=str, as it was typed
code_answered = _door.signal("code-answered")  # user=Staff, answer=second_factor.Answer
password_changed = _door.signal("password-changed")  # user=Staff
rights_changed = _door.signal("rights-changed")  # user=Staff: disabled, other roles, sessions ended
