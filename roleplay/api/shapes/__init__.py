"""What calls ask and what answers hold, field by field; the OpenAPI document is made from these."""
