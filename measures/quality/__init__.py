"""How good the record is: its figures as they are today, and as they were counted day by day."""
