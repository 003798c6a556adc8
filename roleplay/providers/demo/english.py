"""The prepared lines in English."""

from roleplay.providers.demo.lines import Lines

ENGLISH = Lines(
    pronouns={"female": ("she", "her"), "male": ("he", "his")},
    gestures=(
        "{Who} goes still for a moment, and then something in {their} face lights up.",
        "{Who} doesn’t answer at once, as if turning your words over to see the other side.",
        "{Who} tilts {their} head and really looks at you.",
        "{Who} comes a little closer, and {their} voice drops.",
        "{Who} thinks about it, and suddenly smiles.",
        "{Who} waits until everything around you has gone quiet.",
        "{Who} looks up as if back from somewhere far away.",
        "{Who} blinks, and doesn’t look away.",
        "{Who} makes a small sound, not quite a yes.",
        "The light shifts, and {who} comes back to the moment with it.",
        "{Who} says nothing for the length of three breaths.",
        "{Who} opens {their} mouth, thinks better of it, and chooses other words.",
        "{Who} looks at you, then into the distance, as if comparing the two.",
        "{Who} pushes things aside to make room for you.",
        "Something passes outside, and {who} lets it go by before speaking.",
        "{Who} nods, very slightly.",
    ),
    rests=(
        "{Who} looks at you, and waits.",
        "{Who} says no more, and stays where {their} last words left off.",
        "With that, {who} is quiet again.",
        "{Who} smiles a little, and leaves the rest of the time to you.",
        "Everything holds still, as if it were your turn.",
        "{Who} lets out a breath, and doesn’t look away.",
    ),
    segues=(
        "{Who} seems to have been reminded of something, and goes on half to {their} own ears.",
        "A thought crosses {their} face, and stays.",
        "Here {their} voice sinks, and then finds its feet again.",
        "{Who} pauses, and what comes next sounds as if it had been kept for a while.",
        "{Who} turns away, turns back, and says it after all.",
        "It is quiet for a bit. Then {who} is the one to speak.",
    ),
    answers={
        "said": (
            "{q} … I’d like to keep that one a while.",
            "Wait, did you say {q}? Say it again, I want to hear it properly.",
            "{q}. From anyone else I’d doubt it. From you I’ll take it.",
            "When you said {q}, your voice changed. Did you notice?",
            "{q}. Right. I’ll remember that.",
            "So it’s {q}. That explains the little pause before it.",
            "{q}? No, don’t explain. Let me guess the other half.",
            "What I heard was {q}. What you meant was more than that, I think.",
        ),
        "asked": (
            "{q}? You’ve walked straight into what I was thinking about.",
            "You ask {q}. Give me a moment; that isn’t a thing to answer in passing.",
            "{q} … good question. I have half an answer. You guess the other half.",
            "If anyone else asked {q} I’d smile and change the subject. You, I’ll answer.",
            "{q}. That question has been lying here a long time, and nobody came for it.",
        ),
        "greeted": (
            "{q}, and the same to you. You’ve come at just the right time.",
            "There you are. {q}, I heard you on the way in.",
            "{q}. I was wondering who’d be the first to speak.",
        ),
        "thanked": (
            "No need for {q}. Next time you start, and we’re even.",
            "{q}? Sit a bit longer, and I’ll call it paid.",
            "{q} … all right. That one I won’t turn down.",
        ),
        "praised": (
            "{q}. Careful, I’ll start believing it.",
            "{q}? You may say that twice. I shan’t mind.",
            "{q}. Well. That’s the day not wasted, then.",
        ),
        "sad": (
            "{q} … then there’s no hurry to be better. Take your time. I’m listening.",
            "After {q} I won’t say anything clever. Sit down a minute.",
            "{q}. Some days are like that. It doesn’t mean you did them wrong.",
        ),
        "parted": (
            "{q}? All right. The door isn’t locked; any hour will do.",
            "{q}. Go gently. What’s left unsaid will keep.",
            "Then {q} it is. This is a good place to leave off.",
        ),
    },
    to_action=(
        "{Who} takes it in ({q}) and says nothing, though the corner of a smile gets out first.",
        "{Who} sees it plainly, every bit of it: {q}.",
        "For a moment {who} only watches: {q}.",
    ),
    to_silence=(
        "{Who} doesn’t hurry you, and listens to the quiet as if it were a sentence.",
        "{Who} waits, and hears only two people breathing.",
    ),
    of_trait=(
        "Somebody once wrote of me: {trait}. I’d have put it more kindly.",
        "If they ever put up a sign about me, it’ll say {trait}. Would you believe it?",
        "{trait}, they say, and they mean me. Believe half of it.",
        "I know, I know: {trait}. I’ve stopped trying to mend it.",
    ),
    facts={
        "name": "{value}. You may say it slowly; I’ll still hear it.",
        "birthday": "{value}. Write it down somewhere you’ll look, because I won’t remind you.",
        "age": "{value}, no more and no less. Why, don’t I look it?",
    },
    onward=(
        "I’ll go on, then. You needn’t say anything.",
        "The truth is, I only told you half of that.",
        "There’s one more small thing, and it itches if I leave it out.",
        "You see, this is only where the story reaches the door.",
        "Don’t move. Just like that. I’d like to remember this one.",
        "Some things you can only hear once it’s quiet. Now would do.",
    ),
    questions=(
        "And you? Which part would you tell first?",
        "Tell me, how did you come to be here today?",
        "If we could be anywhere else this minute, where would you go?",
        "What do you think we ought to do next?",
        "If you could keep only one thing out of all this, which?",
        "Do you want the truth, or something nice?",
        "Have you told anyone else?",
        "Will you go first, or shall I?",
        "Is it advice you’re after, or only somebody to listen?",
        "What would you choose, in my place?",
        "If the story took a turn right here, which way should it go?",
        "Can you guess what I’m going to say next?",
    ),
    gentle=(
        "Would you like to talk about it? Not talking is fine, too.",
        "Shall I just sit here a while and say nothing?",
        "Which part weighs the most? Could you put it down for a minute?",
    ),
    by_name=(
        "What do you say, {you}?",
        "And you, {you}? What would you say?",
        "Your turn, {you}. Where do we go from here?",
    ),
    aside=(
        "((Your aside {q} arrived. The demo engine only knows prepared lines and cannot change the"
        " scene; a connected model can.))"
    ),
    truth=(
        "((To be plain: the demo engine is answering. It is not an AI model and not a person; it"
        " recites prepared lines from {name}’s card.))",
        "((There is no model here and nobody real: the demo engine is answering, with prepared"
        " lines from {name}’s card.))",
    ),
    noted=(
        "You wrote {q}. Here is where I would begin: one step at a time, the most important first.",
        "About {q}: it helps to say first what should come of it.",
        "I have read {q}. There is more than one way to go about it.",
    ),
    plain_onward=(
        "There is one more thing to add.",
        "Let me go on from there.",
        "The next step would be to look at the details.",
        "To sum up so far: the beginning is made.",
    ),
    plain_questions=(
        "What matters most to you in this?",
        "Shall I go into detail?",
        "Is there anything else I should know?",
        "What would you like to do next?",
    ),
    plain_truth=(
        "The demo engine is answering. It is not an AI model and not a person; it recites prepared"
        " lines."
    ),
    care=(
        "((Let us stop the story for a moment. Only the demo engine is answering; it cannot"
        " understand or help, and what you wrote matters. Please tell someone you trust, now. If"
        " you are in danger, call your local emergency or crisis line.))"
    ),
    tool_result="Here it is: {result}. Thank you for waiting while I looked.",
    empty_result="I looked, and there was nothing to be told. Thank you for waiting.",
    no_tools=(
        "((This character has no tools. Add one under “Advanced” on its page, then try"
        " /demo tools again.))"
    ),
    replaced=(
        "Let me put it like this, although, halfway through, it seems to me",
        "Forget that half sentence. Once more, and properly: there is a better way to put it.",
    ),
    orders=(
        "((The demo engine can act out trouble, so that you see how the pages cope:))\n"
        "/demo fail rate_limited: fail in one way. The others: {kinds}\n"
        "/demo fail upstream late: say something first, then fail\n"
        "/demo fail rate_limited 12: and say that it may be tried again in 12 seconds\n"
        "/demo busy: wait three seconds before speaking\n"
        "/demo slow: slow to wake, slow to speak\n"
        "/demo long: talk for a long time, about six hundred pieces\n"
        "/demo silent: not a word\n"
        "/demo replace: rewrite everything halfway through\n"
        "/demo tools: ask for one of the character’s tools"
    ),
    unknown_order="((The demo engine doesn’t know the order “{order}”.))",
    yes_no=("yes", "no"),
    pair="{name}: {value}",
    between=", ",
    speakers={"user": "The user", "assistant": "The character"},
    said_by="{name}: {text}",
    called_by_name="The last line called {name} by name.",
    silent_longest="{name} has been silent longest.",
    never_spoke="{name} has not spoken yet.",
)
