"""The pages of the studio, where cards are drawn, and of the office's brand."""
