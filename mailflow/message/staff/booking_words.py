"""The words of a receiving desk, as data: what counts, what describes, what is extra, what makes a sentence doubtful (RM5)."""

from __future__ import annotations

import re

from mailflow.message.staff.booking_words_foreign import (
    BETWEEN_FOREIGN,
    COURTESY_FOREIGN,
    HARMLESS_CHINESE,
    HARMLESS_FOREIGN,
    MEASURES,
    NUMBER_WORDS_FOREIGN,
    PIECES_FOREIGN,
    SHARE_FOREIGN,
    chinese,
    polish,
    words_of,
)

NUMBER_WORDS = {
    "a": 1,
    "an": 1,
    "one": 1,
    "single": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    **NUMBER_WORDS_FOREIGN,
}
NUMBER = rf"(?:\d{{1,4}}|{'|'.join(NUMBER_WORDS)})"
PIECES = rf"(?:pcs?\.?|pieces?|units?|ea\.?|items?|{PIECES_FOREIGN})"
BETWEEN = (
    rf"(?:pcs?\.?|pieces?|units?|items?|of|the|part|parts|faulty|defective|boards?|cards?|devices?|number|no\.?|p/?n|{BETWEEN_FOREIGN})"
)
"""Words that may stand between a quantity and its part number."""

EXTRA_THINGS = words_of(
    "extra_things",
    r"cords?|cables?|leads?|memory|memories|ram|dimms?|disks?|drives?|ssds?|sfps?|qsfps?|transceivers?|optics?|adapters?|adaptors?|"
    r"brackets?|rails?|screws?|ears?|manuals?|documents?|paperwork|plugs?|fans?|batter(?:y|ies)|psus?|power suppl(?:y|ies)|"
    r"power bricks?|chargers?|antennas?|usb sticks?|licen[cs]es?|accessor(?:y|ies)|bags?|keys?|filters?|labels?",
)
"""Things that are sent along though nobody asked for them."""

DESCRIBES = words_of(
    "describes",
    r"ok|okay|fine|good|bad|poor|(?:un)?damaged?|bent|broken|dent(?:s|ed)?|scratch(?:es|ed)?|crack(?:s|ed)?|burn(?:t|ed)?|wet|dirty|"
    r"dust|dusty|rust|rusty|corroded|corrosion|torn|open(?:ed)?|unopened|sealed|intact|packed|unpacked|packag(?:e|ing)|packing|foam|carton|"
    r"box|boxes|anti-?static|condition|faulty|defective|working|dead|used|new|worn|clean|complete|incomplete|loose|missing|"
    r"marks?|(?:without|no) \w+|wrong serials?|smells?|melted|pins?|oxidi[sz]ed|unlabelled|labelled|wrapped",
)
"""Words with which people describe the state of a part."""

SPOILED = words_of("spoiled", "without|missing|broken|bent|damaged|no|loose|torn")
"""Before a thing these make it part of the description: `missing screws`."""

DOUBTFUL = re.compile(
    r"\b(?:not|never|nothing|none|neither|don't|didn't|doesn't|haven't|hasn't|isn't|wasn't|weren't|aren't|cannot|can't|won't|expect(?:ed|ing)?|"
    r"should|shall|will|would|might|may|maybe|perhaps|possibly|probably|if|unless|instead|except|unclear|unsure|think|guess|about|around|"
    r"roughly|approx\.?|some|several|few|tomorrow|announced|waiting|awaiting|yet|still|or|either|"
    rf"{polish('doubtful')})\b|\?|{chinese('doubtful')}",
    re.IGNORECASE,
)
"""In a statement about what came these make it no statement."""

NOT_AN_ARRIVAL = re.compile(
    r"\b(?:please|send|ship|shipped|sent(?! (?:back|us))|needs?|needed|orders?|ordered|requests?|requested|wants?|missing|lacks?|lacking|"
    rf"lost|short|absent|plans?|planned|{polish('not_an_arrival')})\b|{chinese('not_an_arrival')}|"
    rf"\b{NUMBER}\s+(?:out )?(?:of|z)\s*(?:the )?$",
    re.IGNORECASE,
)
"""Before a part these speak of something else than its arrival: `please send`, `1 of 2 x`."""

ABSENT = re.compile(
    r"\b(?:missing|absent|lost|on (?:the|its|their) way|in transit|to follow|follows?)\s*$|^(?:still )?missing\b(?!\s+[a-z])|"
    r"\b(?:not|n't|never) (?:been |yet )?"
    r"(?:in|there|here|inside|received?|arrived?|come|came|included|found|delivered|present|returned|sent)\b|"
    rf"\bdid(?: not|n't) (?:arrive|come)\b|\b(?:{polish('absent')})\b(?! \w+\w{{3}})|{chinese('absent')}",
    re.IGNORECASE,
)
"""A part of what was just named did not come after all."""

RECEIVED = words_of(
    "received",
    r"received?|receiving|got|arrived?|arrives|came|come|returned|booked?|unpacked|delivered|back|contains?|containing|inside|"
    r"there (?:was|were|is|are)",
)

COUNTED_THINGS = re.compile(
    rf"\b(?:{NUMBER}|the|both|all|more|obie|wszystkie)\s+(?:\w+\s+)?(?:parts?|boards?|cards?|units?|devices?|modules?|pieces?|items?|routers?|"
    rf"switch(?:es)?|{polish('counted')})\b|(?:{NUMBER}|全部|所有) ?(?:[{MEASURES}] ?)?(?:{chinese('counted')})",
    re.IGNORECASE,
)
"""A statement about parts that does not say which."""

COURTESY = re.compile(
    r"^\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|thanks?(?: you)?|many thanks|cheers|best|kind|warm|regards|br|"
    r"greetings|have a|nothing else|see (?:the )?(?:photo|picture|attach)|please find|photos? attached|fyi)\b|"
    rf"^\s*(?:{COURTESY_FOREIGN})",
    re.IGNORECASE,
)

SHARE = re.compile(
    rf"^(?:{NUMBER}|both|all|each|everything|(?:the )?(?:other|second|first|rest)|it|they|this|these)\b"
    r"(?: of (?:them|these|which|the \w+))?"
    r"\s+(?:with|without|has|have|had|is|are|was|were|looks?|seems?|came|arrived|in)\b|^in (?:an? |the |its |their )?\w|"
    rf"^(?:{SHARE_FOREIGN})",
    re.IGNORECASE,
)
"""`one with ...`, `both are ...`, `in anti-static bag`: speaks of a part that was already named."""

MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*"
WHEN = (
    rf"\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{MONTH}(?:,? 20\d\d)?|{MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? 20\d\d)?|20\d\d-\d\d-\d\d|"
    r"\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}:\d{2}(?: ?[ap]m)?|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
)

HARMLESS = re.compile(
    rf"^(?:(?:{WHEN}|"
    r"and|in|on|at|by|to|from|for|of|under|as|the|this|that|our|your|a|an|was|were|is|are|have|has|had|been|be|we|i|it|they|all|just|now|"
    r"today|yesterday|brought|handed|over|dropped|off|engineer|technician|driver|colleague|this|morning|afternoon|evening|received?|arrived?|got|came|come|returned?|back|booked?|in|here|warehouse|stock|depot|"
    r"customer|parcel|shipment|delivery|consignment|with|via|dhl|ups|fedex|dpd|gls|tnt|courier|safely|only|parts?|boards?|cards?|faulty|rma|"
    rf"return|again|shelf|store[ds]?|thanks?|please|number|serials?|pcs?|pieces?|units?|{HARMLESS_FOREIGN})\b[\s.,:!-]*|(?:{HARMLESS_CHINESE})[\s.,:!-]*)*$",
    re.IGNORECASE,
)

TRACKING_BEFORE = re.compile(
    r"(?:tracking|waybill|awb|dhl|ups|fedex|tnt|dpd|gls|parcel|shipment|order|po|invoice|phone|tel|fax|mobile|ref|reference)"
    r"(?:\s+(?:no\.?|nr\.?|number|id))?[\s.:#]*$",
    re.IGNORECASE,
)
"""What follows these is a number, but no part number."""
