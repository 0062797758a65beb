"""What happens at the door, for whoever must know: the layers above subscribe."""

from __future__ import annotations

from blinker import Namespace

_door = Namespace()
signed_in = _door.signal("signed-in")  # user=Staff
signed_out = _door.signal("signed-out")  # user=Staff
sign_in_failed = _door.signal("sign-in-failed")  # login=str, as it was typed
password_changed = _door.signal("password-changed")  # user=Staff
