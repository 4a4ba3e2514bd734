"""What follows from one approved release beside the newsroom page: the PDF, invitations and their answers, the office's
standing press kit, posts that are proposed; and what it came to, in numbers and articles. Above ``workflow`` and
``followup``; ``public`` shows some of it to everybody."""
