"""What a plan says, how it stands, what its office decides."""
