"""What customers write: requests, one-line answers, survey scores, wishes."""
