"""Which engine answers: model connections and their keys."""
