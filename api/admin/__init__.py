"""The web pages of those who run the server: under ``/admin/``, for a browser; gates never come here."""
