"""What people do with an item: edit, approve, schedule, pause, resolve, correct, take down.

Each use case here changes something and writes the audit log. What an approval needs, without deciding it, is in
:mod:`commsched.services.approval`.
"""
