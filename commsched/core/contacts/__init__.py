"""What the words alone say of people and lists: names as they are pasted, columns, who belongs on a list."""
