// accept: colours.h
// SPDX-License-Identifier: MPL-2.0
COLOUR(red)
COLOUR(green)
