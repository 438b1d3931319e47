"""Pure rules of capture: fields, HTML, redirects, tokens. No database."""
