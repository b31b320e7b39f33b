"""Normal forms that mappings may use as functions, so that the three sources' values can be compared.

email(text)   small letters, without white space and characters that do not show; null if nothing is left
phone(text)   digits and a leading +, without an extension; null if nothing is left
"""

FORMS = {
    "email": r"nullif(regexp_replace(lower(text), '[\s\p{Cf}]', '', 'g'), '')",
    "phone": r"nullif(regexp_replace(text, '(ext|x|#|;).*|[^0-9+]', '', 'gi'), '')",
}
MACROS = tuple(f"create temp macro {name}(text) as {form}" for name, form in FORMS.items())
"""What a DuckDB connection runs before it can run a mapping's SELECT."""
