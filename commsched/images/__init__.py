"""Everything that knows Pillow: taking pictures in safely, and drawing cards in the office's own look.

- :mod:`~commsched.images.intake`: ``take``, ``thumbnail``, ``crop``, ``fit``; each works in a confined process.
- :mod:`~commsched.images.card`: ``draw`` and ``pages``; :mod:`~commsched.images.designs` lists what there is to draw.
- :class:`commsched.images.brand.Brand`: an office's colours, logo and fonts; ``fonts.take_font`` checks uploaded ones.
- ``python -m commsched.images.sheet OUT.png``: every design in every size, to be looked at.
"""
