# SPDX-License-Identifier: MPL-2.0
"""Sphinx' configuration for `make docs`; tools/site puts the pages together."""
project = "Keel"
copyright = "the Keel authors"
extensions = ["myst_parser", "sphinx.ext.graphviz"]
root_doc = "index"
html_theme = "furo"
html_title = "Keel"
html_static_path = ["static"]
html_css_files = ["keel.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
# The same sources give the same site.
html_last_updated_fmt = None
highlight_language = "none"
pygments_style = "friendly"
graphviz_output_format = "svg"
# Anchors of headings, for links of the form page.md#heading.
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
# Words of the sources that stand before a prototype.
c_id_attributes = ["must_check"]
# Each page is its own C library: two headers may declare one struct.
suppress_warnings = []
