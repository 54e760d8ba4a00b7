"""What the robots know: functions from sources to violations, without a test runner."""
