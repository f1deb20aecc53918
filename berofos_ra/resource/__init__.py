"""What the berofos resource is: its parameters, its record, its verdict, its devices."""
