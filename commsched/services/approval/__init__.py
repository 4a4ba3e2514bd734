"""What is known about an approval: who must give it, who has been asked, and the comments beside it.

This room answers questions and queues the mails that ask. Deciding (approve, request changes) is in
:mod:`commsched.services.workflow`.
"""
