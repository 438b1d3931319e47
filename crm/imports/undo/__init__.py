"""Taking an import back: judged record by record, done chunk by chunk."""
