"""The only place, beside the pages, that knows Streamlit or HTTP."""
