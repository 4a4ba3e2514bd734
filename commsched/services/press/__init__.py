"""What follows from one approved release beside the newsroom page: the PDF, invitations and their answers, the office's
standing press kit, posts that are proposed. Above ``workflow``; ``public`` shows it to everybody."""
