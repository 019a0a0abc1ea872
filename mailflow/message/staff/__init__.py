"""What staff write: commands, and sentences that book what arrived."""
