"""The calendar's pages: month, week and list, the filter, moving by dragging, and the ICS feed."""
