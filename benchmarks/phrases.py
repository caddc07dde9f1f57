"""What the generated sessions are made of: sentences of our own with slots, and what the slots are filled with."""

TOPICS = (
    "reducing alcohol consumption",
    "smoking cessation",
    "diabetes management",
    "more exercise",
    "taking medicine as prescribed",
    "anxiety",
    "low mood after a loss",
    "anger at work",
)

BACKCHANNELS = {
    "therapist": (
        "Mm-hmm.",
        "Okay.",
        "Right.",
        "Yeah.",
        "I see.",
        "Sure.",
        "Go on.",
        "Uh-huh.",
        "That makes sense.",
        "Tell me more.",
    ),
    "client": (
        "Yeah.",
        "Right.",
        "I guess so.",
        "Okay.",
        "No, not really.",
        "Mm-hmm.",
        "Exactly.",
        "I don't know.",
        "Maybe.",
        "Sure, yeah.",
    ),
}

PLAIN = {
    "client": (
        "I just feel so {feeling} all the time and I can't really say why.",
        "It started around {season}, I think, or maybe a bit before that.",
        "I tell myself it's only {amount}, and then it's never only {amount}.",
        "Some days I can't get out of bed until {hour}.",
        "I've tried to cut down before and it lasted about {span}.",
        "Honestly, I didn't want to come today.",
        "It's not that bad, you know, other people have it a lot worse.",
        "When I'm {feeling} I go for {habit}, and then I feel guilty about it.",
        "I sleep maybe four or five hours, and then I'm wide awake and my head won't stop.",
        "My stomach gets tight and my hands shake a little.",
        "They put me on {drug}, {dose}, and I can't tell if it does anything.",
        "I keep thinking that if I had only said something earlier, it would have been different.",
        "On {weekday} I was fine, and on {weekday} I was a complete mess.",
        "I mean, I know what I should do, I just don't do it.",
        "It helps for about ten minutes and then it's the same again.",
        "I want to be there for my kids, that's the main thing.",
        "I used to like {activity}, and now I can't even be bothered to start.",
        "We had a fight about money again, the same one we always have.",
        "Nobody at home says anything, but I can see that they're counting.",
        "I'd say it's a six out of ten, maybe a seven on a bad day.",
        "The doctor said my numbers were up again and gave me that look.",
        "If I could just get one quiet evening, I think I'd be okay.",
        "I did the breathing thing that we practised, and it worked once.",
        "It's like there's a wall, and I'm on the wrong side of it.",
        "I was angry, and I slammed the door so hard that the picture fell off.",
        "I haven't told anybody else about this.",
        "Part of me wants to stop and part of me thinks, what else is there?",
        "I felt {feeling}, and a little bit proud too, if I'm honest.",
        "I worry about everything, the bills, the car, the noise the furnace makes.",
        "I don't think I'm an addict, I just like {habit} after work.",
        "That's a good question, I never looked at it that way.",
        "I went for a walk instead, around the block, twice.",
    ),
    "therapist": (
        "What would you like to talk about today?",
        "It sounds like you felt {feeling}, and that it caught you by surprise.",
        "How important would you say it is to you, on a scale from zero to ten?",
        "So on the one hand {habit} helps you to wind down, and on the other it leaves you {feeling}.",
        "What do you make of that?",
        "You've been carrying this for a long time, mostly by yourself.",
        "I wonder what it would look like if things were a little bit better.",
        "What has worked for you in the past, even a little?",
        "Would it be all right if I shared some information with you?",
        "It took courage to say that out loud.",
        "Let me see if I understood you: {weekday} was hard, and you got through it anyway.",
        "Why a five, and not a two?",
        "Where in your body do you notice it first?",
        "That part of you that is {feeling} is trying to look after you as well.",
        "We could write down what happens right before, what you feel, and what you do then.",
        "Some people find that {activity} helps, others talk to a friend, and I don't know what would fit you.",
        "You mentioned {drug}, and I'd like to come back to how that has been going.",
        "What would be a first step, so small that you could take it this week?",
        "It's entirely up to you what you do with this.",
        "When you hear yourself say that, what comes up?",
        "You don't have to decide anything today.",
        "I hear two things there, that you're tired of it and that you're not sure you can do without it.",
        "How did you manage to hold off for {span}?",
        "Thank you for telling me, I know that wasn't easy.",
        "Let's slow down here for a moment and just notice what is going on.",
        "What were you hoping would happen when you said that?",
        "If you woke up tomorrow and this was gone, what would be the first thing that you noticed?",
        "We have about ten minutes left, so I'd like to go over what we agreed on.",
    ),
}

TELLING = {
    "client": (
        "My husband {partner} thinks that I'm overdoing it.",
        "I told {friend} about it, and {friend} just laughed.",
        "My sister {sister} lives in {city}, so we mostly text.",
        "I work at {employer}, and my boss, {boss}, is always on my back.",
        "We moved here from {town} when {child} was three.",
        "{child} started at {school} in the fall.",
        "I saw Dr. {doctor} on {date}, and they changed the dose.",
        "My name is {full}, you should have me in the system.",
        "You can reach me at {phone}, or leave a message with {partner}.",
        "My cell is {phone}, in case we get cut off.",
        "Just email me at {email}, that's easiest.",
        "My grandmother is {age90} and she still drives better than {friend} does.",
        "The place is at {street}, right across from {school}.",
        "My social is {ssn}, if you need it for the form.",
        "They said my medical record number is {mrn}.",
        "The account number on the bill is {account}, and I never paid it.",
        "I found it on {url}, there was a whole page about it.",
        "I post about it as {handle}, but nobody reads that.",
        "The portal said somebody logged in from {ip}, and I panicked.",
        "It was {date}, I remember because it was {sister}'s birthday.",
        "{boss} called me into the office and I thought, this is it, I'm done at {employer}.",
        "When {partner} left for {city}, I didn't eat for two days.",
        "I was driving back from {town} with {child} in the back seat.",
        "And {friend} goes, you know you do this every time.",
    ),
    "therapist": (
        "It's good to see you again, {client}.",
        "You said that {partner} worries about you.",
        "What would {friend} say if {friend} were sitting here with us?",
        "How have things been at {employer} since we last met?",
        "I got the letter from Dr. {doctor}, and I'd like to go through it with you.",
        "Let's meet again on {date}, if that works for you.",
        "If it gets too much before then, call the office at {phone}.",
        "You mentioned that {child} has started at {school}, and I wonder how the mornings are now.",
        "So, {client}, when {boss} said that, what went through your mind?",
        "The group meets at {street}, and the form is on {url}.",
    ),
}
SHARE_TELLING = {"therapist": 0.1, "client": 0.22}

WORDS = {
    "feeling": (
        "anxious",
        "empty",
        "ashamed",
        "on edge",
        "worn out",
        "sad",
        "restless",
        "relieved",
        "lonely",
        "furious",
    ),
    "season": ("Christmas", "the summer", "Easter", "last fall", "Thanksgiving", "the new year"),
    "amount": ("two beers", "one glass", "half a pack", "a couple of drinks", "one more", "three cigarettes"),
    "hour": ("noon", "ten thirty", "two in the afternoon", "eleven"),
    "span": ("two weeks", "a month", "six days", "forty days", "half a year"),
    "habit": ("a drink", "a cigarette", "the fridge", "my phone", "a few beers", "a whole bag of chips"),
    "drug": ("Zoloft", "metformin", "Lexapro", "Wellbutrin", "insulin", "Prozac"),
    "dose": ("fifty milligrams", "20 mg a day", "twice a day", "100 milligrams at night"),
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "activity": ("swimming", "gardening", "playing the guitar", "going to church", "cooking", "walking the dog"),
}

TYPES = {
    **dict.fromkeys(("client", "partner", "friend", "child", "sister", "boss", "full", "doctor"), "NAME"),
    **dict.fromkeys(("city", "town", "street"), "LOCATION"),
    **dict.fromkeys(("employer", "school"), "ORG"),
    "email": "EMAIL",
    "url": "URL",
    "handle": "HANDLE",
    "ip": "IP",
    "ssn": "SSN",
    "mrn": "MRN",
    "account": "ACCOUNT",
    "age90": "AGE90",
}
"""Slot of an identifier -> its class."""

_GIVEN = """
    Marisol Devon Priya Tomasz Keisha Nguyen Amara Giulia Lars Yusuf Hannah Mateo Chloe Darnell Ingrid Kenji Leila
    Oluwaseun Rebecca Sanjay Tanya Umar Valentina Wei Ximena Yolanda Zachary Brianna Caleb Dmitri Eleni Farid Gretchen
    Hyun Isabel Jerome Katarzyna Luca Miriam Noelle Omar Petra Quentin Rosalind Soren Thandiwe Ursula Vikram Wendell
    Anjali Bartholomew Consuela Dalia Everett Fatima Gustavo Helen Ibrahim Jasmine Kofi Lorraine Malik Nadia Oscar
    Paulette Rashid Simone Trevor Veronica Walter Yesenia Arturo Bethany Curtis Deborah Emeka Francine Gordon Heather
"""
GIVEN = tuple(_GIVEN.split())
_SURNAMES = """
    Alvarez Okafor Lindqvist Petrov Nakamura Brennan Castellano Delacroix Eriksen Farouk Gallagher Hernandez Iyer
    Jankowski Kowalczyk Lombardi Mbeki Novak Osterman Papadopoulos Quintero Rasmussen Szymanski Tanaka Uribe Vasquez
    Whitfield Xiong Yamamoto Zielinski Abernathy Bhattacharya Chaudhry Donnelly Espinoza Fitzgerald Grabowski Hutchinson
    Ivanova Jefferson Khoury Leclerc McAllister Ndiaye Oyelaran Pruitt Ramaswamy Sandoval Thibodeaux Villanueva
"""
SURNAMES = tuple(_SURNAMES.split())
CITIES = (
    "Tucson",
    "Duluth",
    "Sacramento",
    "Chattanooga",
    "Providence",
    "Spokane",
    "Baltimore",
    "Omaha",
    "Savannah",
    "Cleveland",
)
STREETS = (
    "Alder Street",
    "Kestrel Lane",
    "Old Mill Road",
    "Juniper Avenue",
    "Harbor Drive",
    "Fourth Street",
    "Wren Court",
)
EMPLOYERS = (
    "Brightwater Logistics",
    "Tolliver Dairy",
    "Quarry Hill Hospital",
    "Norwood Insurance",
    "Pelican Foods",
    "Ashgrove Tire",
)
SCHOOLS = (
    "Larkspur Elementary",
    "Saint Brendan High School",
    "Copperfield Middle School",
    "Ridgemont Community College",
)
PAGES = ("quit-plan", "groups/evening", "forms/intake", "help/sleep", "library/worry")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
AREA_CODES = ("415", "212", "503", "617", "312", "206", "404", "713")
