"""The rules of approval: who must approve, whose words they are, and whether the decisions so far clear a hash.

An edit voids an approval because it changes the hash (:func:`commsched.core.approval.rules.standing`);
:mod:`commsched.services.workflow.editing` then cancels what waited.
"""
