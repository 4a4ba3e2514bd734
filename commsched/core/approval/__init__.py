"""Who must approve, and whose words they are.

An edit voids an approval since the hash changes (:func:`commsched.core.approval.rules.standing`);
:mod:`commsched.services.workflow.editing` then cancels what waited.
"""
