"""What a kiosk can have asked, by first letters: B blink, L turn_left, R turn_right, N nod, S something that is known nowhere."""

ACTIONS = {"B": "blink", "L": "turn_left", "R": "turn_right", "N": "nod", "S": "sing"}

# each breaks the rule in one way only
NEVER_DRAWN = {
    "BLN": "three actions, as earlier kiosks asked",
    "LNRL": "no blink",
    "BLNBR": "two blinks",
    "BLLN": "the same movement twice running",
    "NLBL": "and with the blink between",
    "BLNS": "an action that is not known",
}


def words(drawn):
    """The actions as they are told."""
    return [ACTIONS[letter] for letter in drawn]
