"""What must hold before a corpus may leave: the metrics table, the suites, the gate, and the steward's report."""
