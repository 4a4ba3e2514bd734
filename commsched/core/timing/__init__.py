"""Wall time, zones, dates, holidays and the trust in a clock."""
