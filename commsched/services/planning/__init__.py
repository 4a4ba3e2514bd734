"""Planning many items at once, and showing the plan to others: acts on several, the plan's links, the week's mail."""
