"""The head: skull, face, hair, glasses, hats."""

from __future__ import annotations

from mmssl.worlds.puppets.identity import Identity
from mmssl.worlds.puppets.parts import Part
from mmssl.worlds.puppets.piece import Bone, Piece
from mmssl.worlds.puppets.shapes import Profile, patch, profile, tube
from mmssl.worlds.puppets.skeleton import Joint


def head_profile(person: Identity) -> Profile:
    """Return the half-widths of a head from crown to chin."""
    size = person.proportions.head
    return profile(
        [0.17 * size, 0.36 * size, 0.4 * size, 0.37 * size, 0.2 * size],
        [0.2 * size, 0.43 * size, 0.47 * size, 0.4 * size, 0.22 * size],
        [0.0, 0.22, 0.5, 0.75, 1.0],
    )


def head_pieces(person: Identity) -> list[Piece]:
    """Return neck, skull, face, hair, and what is worn on them."""
    wear, size = person.wardrobe, person.proportions.head
    skull, neck = head_profile(person), 0.034 * person.proportions.girth
    bone = Bone(Joint.CROWN, Joint.CHIN, size, 0.4 * size, 2, 0.0)
    throat = Bone(Joint.CHIN, Joint.NECK, 0.05, neck)
    pieces = [
        throat.piece(
            tube(profile([neck]), -0.5, 1.2), Part.FACE, wear.skin, -0.03
        ),
        *_skull(person, bone, skull),
    ]
    if wear.hair_kind == 'long':
        lock = profile([0.36 * size, 0.46 * size, 0.4 * size])
        fall = Bone(
            *(Joint.HAIR_TOP, Joint.HAIR_LOW),
            size + person.proportions.hair,
            0.4 * size,
            turns=2,
        )
        pieces.append(fall.piece(tube(lock, 0.05), Part.HAIR, wear.hair))
    if wear.glasses is not None:
        band = patch(skull, (0, 0.52), (0.95, 0.1), 0.5)
        pieces.append(bone.piece(band, Part.SUNGLASSES, wear.glasses, 0.004))
    return pieces + _hat(person, bone, skull)


def _skull(person: Identity, bone: Bone, skull: Profile) -> list[Piece]:
    """Return a head that is face all over, or hair with a face in it."""
    wear = person.wardrobe
    whole = tube(skull, caps=(0.35, 0.35))
    bare = Piece(bone, whole, Part.FACE, wear.face, wraps=True)
    if wear.hair_kind == 'bald':
        return [bare]
    front = patch(skull, (0, 0.66), (1.25, 0.4), 0.25)
    return [
        bone.piece(whole, Part.HAIR, wear.hair),
        bare._replace(outline=front, above=0.002),
    ]


def _hat(person: Identity, bone: Bone, skull: Profile) -> list[Piece]:
    wear, size = person.wardrobe, person.proportions.head
    if not wear.hat_kind:
        return []
    wide = Profile(skull.along, 1.1 * skull.wide, 1.1 * skull.deep)
    end = 0.42 if wear.hat_kind == 'beanie' else 0.32
    crown = tube(wide, -0.02, end, (0.6, 0.15))
    pieces = [bone.piece(crown, Part.HAT, wear.hat, 0.006)]
    if wear.hat_kind == 'cap':
        visor = tube(profile([0.36 * size]), 0.27, 0.32, (0.1, 0.1))
        ahead = bone._replace(start=int(Joint.VISOR))
        pieces.append(ahead.piece(visor, Part.HAT, wear.hat))
    elif wear.hat_kind == 'brim':
        ring = tube(profile([0.85 * size]), 0.26, 0.34, (0.05, 0.08))
        pieces.append(bone.piece(ring, Part.HAT, wear.hat, 0.008))
    return pieces
