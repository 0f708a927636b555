"""What tests, chaos and benches are made with."""
