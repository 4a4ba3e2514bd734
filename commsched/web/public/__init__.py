"""The pages that anybody may open: the newsroom, its feeds, the sandbox's wall, pictures for links.

The page behind the link in an approval mail is in :mod:`commsched.web.items.approval_link`.
"""
