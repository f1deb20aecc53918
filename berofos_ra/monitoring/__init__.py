"""What a monitoring system is told: a verdict by the Monitoring Plugins' rules, and figures."""
