"""The tablet's day, read from top to bottom:

work        sign in, work, sign out: on and on
sign_in     one's own card or code, and the PIN; with a network or without
day         the list in the order of the route, and the next on it
visit       who it is, do they agree, their face or by hand, save, on to the next
identify    the card is read, or the number is typed with a reason
face        the camera looks and compares; a person may compare later
by_hand     a reason, a photo with the day's code, a witness; a second person approves
errands     not met, a death, the telephone, a question
keeping     what is done is sealed at once, and is a local number from then on
shift, case who works, whom they are with: locals of the flow; it returns and they are gone
board       the list as it is drawn
"""
