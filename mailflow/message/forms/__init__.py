"""Return Notifications, in whatever shape they come: text, PDF, XLSX."""
