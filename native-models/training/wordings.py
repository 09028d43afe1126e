"""How people ask: a grammar of wordings for every kind of question. `(a|b|)` is one of these, `{NAME}` a list of `LISTS`, words in
capitals are put in afterwards. A phrase that begins with "~" is never trained on, nor is a quarter of the wordings of every other
one, chosen by a checksum: together they are the other words that are asked in the evaluation."""

import functools
import re
import zlib

LISTS = {
    "PIC": "picture|image|photo|scene|drawing|pic|illustration|photograph",
    "IN": "in the {PIC}|in this {PIC}|on the {PIC}|here|in it",
    "MAYBE": "||| {IN}",
    "COLOUR": "colour|color",
    "WHATS": "what is|what's|whats",
    "TELL": "tell me|say|please tell me|let me know|I want to know|I'd like to know|can you tell me|could you tell me|can you say|do you know|I need to know",
    "SHOW": "show|name|list|give me|tell me|write down|enumerate",
    "THE": "the|the|the|that|this",
    "THING": "thing|object|shape|item|element|figure",
    "THINGS": "things|objects|items|elements",
    "FORMS": "shapes|figures|forms",
    "ALL": "altogether|in all|in total|all together|overall",
    "BIG": "bigger|larger|greater",
    "LITTLE": "smaller|littler|tinier",
    "WRITTEN": "written|printed|to be read|spelled out",
    "TEXT": "text|writing|word|words|letters|message|inscription|lettering",
    "GROUND": "background|ground|backdrop",
    "WHICH": "what|which",
    "SPOT": "position|place|location|spot",
}

PHRASES = {
    # NAME: of a sign
    "sign": """what does {THE} NAME say{MAYBE}?
        {WHATS} {WRITTEN} on {THE} NAME{MAYBE}?
        (please |can you |could you |)read (me |out |)the NAME(| to me| for me| aloud| out).
        {WHICH} {TEXT} (is|are) (there |)on the NAME?
        what can (you|I|one|we) read on the NAME{MAYBE}?
        {TELL} what the NAME says.
        {WHATS} the {TEXT} (on|of) the NAME?
        what do the letters on the NAME (say|spell|read)?
        {THE} NAME says what?
        {WHICH} word is {WRITTEN} on the NAME?
        {TELL} what is {WRITTEN} on the NAME.
        what does it say on the NAME?
        (give me|I need|I want) the {TEXT} (on|of) the NAME.
        what (did they|did someone|do they) write on the NAME?
        (spell out|spell|transcribe|quote) (the {TEXT} on |)the NAME.
        ~what {TEXT} does the NAME (have|show|carry|bear)?
        ~the NAME: what does it say?
        ~can you (make out|see) what the NAME says?""",
    # whatever is written
    "text": """what does the text say{MAYBE}?
        {WHATS} {WRITTEN}{MAYBE}?
        (please |can you |could you |)read (me |)(the|all the|any) {TEXT}{MAYBE}.
        {WHICH} {TEXT} (is|are) there{MAYBE}?
        what (do the signs|do all the signs|do the labels) say?
        what can (you|I) read{MAYBE}?
        what does it say{MAYBE}?
        {TELL} what is {WRITTEN}{MAYBE}.
        (read|spell out|transcribe) everything (written|that is written){MAYBE}.
        (read|show me) (the signs|all signs|every sign){MAYBE}.
        {WHATS} the {TEXT}{MAYBE}?
        ~what {TEXT} can (you|I) see{MAYBE}?
        ~{TELL} what the {TEXT} says.
        ~what has been written{MAYBE}?""",
    # PLACE
    "sign at": """what does the sign PLACE say?
        {WHATS} {WRITTEN} PLACE{MAYBE}?
        read (me |)the (sign|text|writing) PLACE.
        {WHICH} {TEXT} (is|are) PLACE{MAYBE}?
        what can (you|I) read PLACE?
        {TELL} what the sign PLACE says.
        {WHATS} the {TEXT} PLACE?
        PLACE, {WHATS} written?
        ~what does it say PLACE?
        ~PLACE there is a sign: what does it say?""",
    # NAME
    "colour": """{WHICH} {COLOUR} is {THE} NAME{MAYBE}?
        {WHICH} {COLOUR} does the NAME have?
        (what's|whats) the {COLOUR} of the NAME?
        what is the {COLOUR} of {THE} NAME{MAYBE}?
        {TELL} the {COLOUR} of the NAME.
        {TELL} {WHICH} {COLOUR} the NAME (is|has).
        {THE} NAME is {WHICH} {COLOUR}?
        {COLOUR} of the NAME?
        the NAME's {COLOUR}(|, please)?
        in {WHICH} {COLOUR} is the NAME (drawn|painted|shown)?
        (name|give me) the {COLOUR} of the NAME.
        how is the NAME coloured?
        {WHICH} {COLOUR} (has|did they paint|would you say is) the NAME?
        ~the NAME: {WHICH} {COLOUR} is it?
        ~what {COLOUR} do you see on the NAME?
        ~(does the NAME have a {COLOUR}? which|NAME, which {COLOUR})?""",
    "position": """where is {THE} NAME{MAYBE}?
        where('s|s) the NAME{MAYBE}?
        where (in|on) the {PIC} is the NAME?
        in (which|what) part of the {PIC} is the NAME?
        where (can|do|could) (I|you|we) (find|see|spot) the NAME{MAYBE}?
        {WHATS} the {SPOT} of the NAME?
        {TELL} where the NAME is.
        (show|find|locate) (me |)the NAME(| for me).
        in (which|what) corner or (side|part) is the NAME?
        whereabouts is the NAME?
        where does the NAME (lie|sit|stand)?
        where should I look for the NAME?
        {SPOT} of the NAME?
        the NAME is where?
        where has the NAME been (put|placed|drawn)?
        at {WHICH} {SPOT} is the NAME?
        ~the NAME: where is it?
        ~{TELL} the {SPOT} of the NAME.
        ~where exactly (is|do you see) the NAME?""",
    "size": """how (big|large) is {THE} NAME{MAYBE}?
        {WHICH} size is the NAME?
        {WHICH} size does the NAME have?
        {WHATS} the size of the NAME?
        {TELL} how (big|large|small) the NAME is.
        {TELL} the size of the NAME.
        is the NAME (big or small|large or small|small or large|tiny or large)?
        size of the NAME?
        how small is the NAME?
        ~the NAME: how big is it?
        ~the NAME is of {WHICH} size?""",
    # PLACE
    "at": """{WHATS} PLACE{MAYBE}?
        what (do|can) you see PLACE?
        what can be seen PLACE of the {PIC}?
        {WHICH} {THING} is PLACE{MAYBE}?
        {TELL} what is PLACE.
        is there (anything|something) PLACE? what?
        PLACE, {WHATS} there?
        what lies PLACE?
        (describe|name|look at) what is PLACE.
        {WHICH} {THINGS} are PLACE?
        what (do|did) (we|they) have PLACE?
        ~what (is there|are the {THINGS}) PLACE?
        ~and PLACE, what do you see?
        ~{TELL} {WHICH} {THING} is PLACE.""",
    # MANY
    "count": """how many MANY are (there|here){MAYBE}?
        how many MANY (do|can) (you|I|we) (see|count|find|spot){MAYBE}?
        (please |can you |could you |)count (the|all the|all|up the) MANY{MAYBE}(| for me| please).
        how many MANY are (in|on) the {PIC}?
        {WHATS} the (number|count|total|amount) of MANY{MAYBE}?
        {TELL} how many MANY there are{MAYBE}.
        (number|count) of MANY?
        how many MANY?
        how many MANY does the {PIC} (have|show|contain)?
        MANY: how many?
        how many of the {THINGS} are MANY?
        I (see|count) how many MANY?
        {TELL} the (number|count) of MANY.
        how many MANY (have been|were) (drawn|painted)?
        ~how many MANY in (total|all){MAYBE}?
        ~there are how many MANY{MAYBE}?
        ~give me (a count|the number) of the MANY.""",
    "total": """how many {THINGS} are (there|here) {ALL}?
        how many {THINGS} (do|can) (you|I) (see|count){MAYBE}?
        (count|please count|can you count) (all the|all|the) {THINGS}{MAYBE}.
        {WHATS} the (number|count|total) of {THINGS}{MAYBE}?
        how many {THINGS} are (in|on) the {PIC}?
        how many {THINGS}?
        {TELL} how many {THINGS} there are.
        how many {THINGS} does the {PIC} (have|show|contain)?
        (shapes and signs|signs and shapes) {ALL}: how many?
        ~{ALL}, how many {THINGS} are there?
        ~give me the number of {THINGS}.""",
    # A_NAME, NAME
    "exists": """is there A_NAME{MAYBE}?
        (do|can) you (see|find|spot) A_NAME{MAYBE}?
        can you (see|find|spot) A_NAME (anywhere|somewhere)?
        (does|did) the {PIC} (show|have|contain|include) A_NAME?
        is A_NAME (in|on) the {PIC}?
        (are|is) there any NAME{MAYBE}?
        is there A_NAME (anywhere|somewhere|at all|here)?
        {TELL} (if|whether) there is A_NAME.
        do you (notice|spot) any NAME?
        A_NAME: is there one?
        do we have A_NAME{MAYBE}?
        has the {PIC} got A_NAME?
        any NAME{MAYBE}?
        is it true that there is A_NAME?
        there is A_NAME, (right|isn't there|true)?
        is A_NAME (there|present|visible|shown|to be seen){MAYBE}?
        can A_NAME be (seen|found){MAYBE}?
        ~{TELL} (if|whether) you (can |)see A_NAME.
        ~would you say there is A_NAME?
        ~is any NAME to be (seen|found){MAYBE}?
        ~do you see any NAME (anywhere|at all)?""",
    # ONE, OTHER
    "which is larger": """{WHICH} is {BIG}, the ONE or the OTHER?
        {WHICH} (one |)is {BIG}: the ONE or the OTHER?
        is the ONE or the OTHER {BIG}?
        of the ONE and the OTHER, which is {BIG}?
        {TELL} which is {BIG}, the ONE or the OTHER.
        (compare|please compare) the ONE and the OTHER: which is {BIG}?
        ~the ONE or the OTHER: {WHICH} is {BIG}?
        ~which of the two is {BIG}, the ONE or the OTHER?""",
    "is larger": """is {THE} ONE {BIG} than the OTHER?
        is the ONE (any|much|a bit|) {BIG} than the OTHER{MAYBE}?
        would you say the ONE is {BIG} than the OTHER?
        {TELL} (if|whether) the ONE is {BIG} than the OTHER.
        the ONE is {BIG} than the OTHER, (right|true|isn't it)?
        compared with the OTHER, is the ONE {BIG}?
        is the size of the ONE {BIG} than that of the OTHER?
        ~does the ONE look {BIG} than the OTHER?
        ~is it true that the ONE is {BIG} than the OTHER?""",
    "is smaller": """is {THE} ONE {LITTLE} than the OTHER?
        is the ONE (any|much|a bit|) {LITTLE} than the OTHER{MAYBE}?
        would you say the ONE is {LITTLE} than the OTHER?
        {TELL} (if|whether) the ONE is {LITTLE} than the OTHER.
        the ONE is {LITTLE} than the OTHER, (right|true|isn't it)?
        compared with the OTHER, is the ONE {LITTLE}?
        ~does the ONE look {LITTLE} than the OTHER?
        ~is it true that the ONE is {LITTLE} than the OTHER?""",
    # ONE, SIDE, OTHER
    "side": """is {THE} ONE SIDE the OTHER?
        does the ONE (lie|sit|stand) SIDE the OTHER?
        (would you say|do you think) the ONE is SIDE the OTHER?
        {TELL} (if|whether) the ONE is SIDE the OTHER.
        the ONE is SIDE the OTHER, (right|true|isn't it)?
        is the ONE (placed|drawn|located|to be found) SIDE the OTHER{MAYBE}?
        can you see the ONE SIDE the OTHER?
        ~is it true that the ONE is SIDE the OTHER?
        ~seen from the OTHER, is the ONE SIDE it?
        ~do you see the ONE SIDE the OTHER?""",
    # MOST
    "extreme": """{WHICH} (shape|thing|object|figure|one|item) is the MOST{MAYBE}?
        {WHATS} the MOST (shape|thing|object|figure|one|item){MAYBE}?
        (name|find|show me|identify) the MOST (shape|thing|object|figure|item){MAYBE}.
        {TELL} which (shape|thing|object) is the MOST.
        {WHICH} is the MOST of (all|them|the shapes|all shapes)?
        of all the (shapes|things|objects), which is (the|) MOST?
        the MOST (shape|thing|object) is which (one|)?
        {WHICH} of the (shapes|things|objects|figures) is the MOST?
        ~what would you say is the MOST (shape|thing|object){MAYBE}?
        ~the MOST (shape|thing|object): {WHATS} it?
        ~{TELL} the MOST (shape|thing|object).""",
    "describe": """(please |can you |could you |)describe (the|this) {PIC}(| to me| for me| in detail| please).
        {WHATS} (in|on) (the|this) {PIC}?
        what (do|can) you see{MAYBE}?
        (please |)describe (everything|all){MAYBE}.
        (please |)describe what you (see|can see){MAYBE}.
        (please |)tell me (everything|all|what) you (can see|see){MAYBE}.
        give (me |)a (whole|full|complete|detailed|short|) description{MAYBE}.
        what does (the|this) {PIC} (show|contain|depict)?
        what (is|can be) (shown|seen|depicted){MAYBE}?
        (tell me|talk) about (the|this) {PIC}.
        what (am I|are we) looking at?
        what is this( {PIC}| a {PIC} of|)?
        {WHATS} (here|there|going on|happening)?
        explain (the|this) {PIC}.
        {TELL} what is in the {PIC}.
        {WHATS} (in|on) it?
        what all is (in|on) the {PIC}?
        describe.
        what do you (notice|recognise|recognize|make of it){MAYBE}?
        what kind of {PIC} is this?
        ~{TELL} what the {PIC} shows.
        ~how would you describe (this|the) {PIC}?
        ~what does one see{MAYBE}?
        ~give me a description of (what you see|everything|this {PIC}).""",
    "ground": """{WHATS} the {GROUND} like?
        what kind of {GROUND} (does the {PIC} have|is it|is there|do you see)?
        (describe|tell me about) the {GROUND}{MAYBE}.
        what does the {GROUND} look like?
        how (is|does) the {GROUND} (look|made|patterned)?
        how does the {GROUND} look{MAYBE}?
        {WHICH} pattern (is|does) the {GROUND} (have|)?
        {TELL} what the {GROUND} (is like|looks like).
        is the {GROUND} (plain|striped|checked|speckled) or (graded|checked|striped|speckled|plain)?
        {WHATS} behind the {THINGS}?
        what sort of {GROUND} is (this|it|that)?
        {WHATS} the {GROUND}(| of the {PIC}| made of)?
        {WHICH} {GROUND} (has the {PIC}|is there)?
        {WHATS} the (pattern|texture|look) of the {GROUND}?
        ~and the {GROUND}, what is it like?
        ~what can you say (about|of) the {GROUND}?
        ~the {GROUND}: what does it look like?""",
    "colours": """{WHICH} {COLOUR}s are (there|here|used|present|shown){MAYBE}?
        {WHICH} {COLOUR}s (do|can) you see{MAYBE}?
        (list|name|tell me|give me) (the|all|all the) {COLOUR}s{MAYBE}.
        {WHICH} {COLOUR}s (do the {THINGS}|do the shapes|does the {PIC}) have?
        {WHICH} {COLOUR}s are the {THINGS}?
        {TELL} {WHICH} {COLOUR}s there are.
        what are the {COLOUR}s (of the {THINGS}|of the shapes|){MAYBE}?
        ~{COLOUR}s{MAYBE}: which are there?
        ~{WHICH} {COLOUR}s can be (seen|found){MAYBE}?""",
    "shapes": """{WHICH} {FORMS} are (there|here|shown|present){MAYBE}?
        {WHICH} {FORMS} (do|can) you see{MAYBE}?
        {SHOW} (the|all|all the) {FORMS}{MAYBE}.
        {WHICH} {FORMS} does the {PIC} (have|show|contain)?
        {TELL} {WHICH} {FORMS} there are.
        what are the {FORMS}{MAYBE}?
        (list of|a list of) (the|all) {FORMS}, please.
        what kinds of {FORMS} are there?
        ~{FORMS}{MAYBE}: which are there?
        ~{WHICH} {FORMS} can be (seen|found){MAYBE}?""",
    "things": """{WHICH} {THINGS} are (there|here|shown|present){MAYBE}?
        {WHICH} {THINGS} (do|can) you see{MAYBE}?
        {SHOW} (the|all|all the) {THINGS}{MAYBE}.
        {WHICH} {THINGS} does the {PIC} (have|show|contain)?
        {TELL} {WHICH} {THINGS} there are.
        what are the {THINGS}{MAYBE}?
        (list of|a list of) (the|all) {THINGS}, please.
        ~{THINGS}{MAYBE}: which are there?
        ~{WHICH} {THINGS} can be (seen|found){MAYBE}?""",
    # COL
    "which are": """{WHICH} {THINGS} are COL{MAYBE}?
        {WHICH} (thing|object|item|element) is COL{MAYBE}?
        what is COL{MAYBE}?
        what('s|s| is) (in |)COL{MAYBE}?
        {SHOW} (the|all|all the) COL {THINGS}.
        {WHICH} {THINGS} have the {COLOUR} COL?
        {WHICH} COL {THINGS} (are there|do you see|can you see)?
        {TELL} {WHICH} {THINGS} are COL.
        (find|show me) everything (that is |)COL.
        what do you see in COL?
        ~what COL {THINGS} are there{MAYBE}?
        ~{WHICH} of the {THINGS} (is|are) COL?""",
    # COL
    "any of colour": """is there (anything|something|a thing|any (thing|object|item|element)) COL{MAYBE}?
        is (anything|something) COL{MAYBE}?
        are (any|some) (of the |){THINGS} COL?
        (do|can) you see (anything|something) COL{MAYBE}?
        does the {PIC} (have|show) (anything|something) COL?
        is there (a|any) COL (thing|object|item){MAYBE}?
        {TELL} (if|whether) (anything|something) is COL.
        is there any COL{MAYBE}?
        ~(anything|something) COL{MAYBE}?
        ~would you say (anything|something) is COL?""",
    # NAME
    "next to": """what is (next to|near|beside|closest to|nearest to|nearest|close to|by) the NAME?
        {WHICH} {THING} is (next to|nearest to|closest to|near) the NAME?
        {TELL} what is (next to|near|beside|closest to) the NAME.
        {WHATS} the NAME's (nearest|closest) neighbour?
        what lies (next to|near|beside|closest to) the NAME{MAYBE}?
        (name|find) the {THING} (closest|nearest|next) to the NAME.
        (next to|beside|near) the NAME, what is there?
        ~what do you see (next to|beside|near) the NAME?
        ~the NAME is (next to|near|beside) {WHICH} {THING}?""",
    # SIDE, NAME
    "beside": """{WHATS} SIDE the NAME{MAYBE}?
        {WHICH} {THINGS} are SIDE the NAME?
        what lies SIDE the NAME?
        {TELL} what is SIDE the NAME.
        SIDE the NAME, {WHATS} there?
        ~what do you see SIDE the NAME?""",
    "sign there": """is there (a|any) (sign|text|writing|word){MAYBE}?
        (do|can) you see (a|any) (sign|text|writing){MAYBE}?
        are there (any |)(signs|words|letters){MAYBE}?
        does the {PIC} (have|show|contain) (a sign|any text|any writing|a sign with text)?
        is (anything|something) {WRITTEN}{MAYBE}?
        {TELL} (if|whether) there is a sign.
        can you find (a sign|any signs|some text) (anywhere|){MAYBE}?
        ~any (signs|text|writing){MAYBE}?
        ~is there (something|anything) to read{MAYBE}?""",
    # COL
    "which shape": """{WHICH} (shape|form) (is|has) the COL (thing|object|shape|one|figure)?
        what (shape|kind of shape) is COL?
        {WHATS} the COL (shape|thing|object|one|figure)?
        {TELL} {WHICH} shape is COL.
        the COL (thing|shape|object) is what?
        what is the shape of the COL (thing|object|one)?
        ~the COL (thing|shape|object|one): what is it?
        ~what kind of (shape|thing) is the COL one?""",
    # ---------------------------------------------------------------- short ones, that go on
    "it where": """(and |)where is it{MAYBE}?
        (and |)where?
        where('s|s) (it|that){MAYBE}?
        in {WHICH} part of the {PIC} is it?
        {TELL} where it is.
        where (can|do) (I|you) (find|see) it?
        its {SPOT}?
        ~{WHATS} its {SPOT}?
        ~where exactly?""",
    "it colour": """(and |){WHICH} {COLOUR} is (it|that)?
        (and |){WHICH} {COLOUR}?
        (and |)its {COLOUR}?
        {WHICH} {COLOUR} does it have?
        {TELL} its {COLOUR}.
        {WHATS} its {COLOUR}?
        ~{WHATS} the {COLOUR} of it?
        ~{COLOUR}?""",
    "it size": """(and |)how (large|big|small) is (it|that)?
        (and |)how (big|large)?
        (and |)its size?
        is it (large or small|big or small|big|small or large)?
        (and |){WHICH} size( is it|)?
        {TELL} (how big it is|its size).
        ~{WHATS} its size?
        ~{WHICH} size does it have?""",
    # SIDE, OTHER
    "it side": """is it SIDE the OTHER?
        does it (lie|sit|stand) SIDE the OTHER?
        and is it SIDE the OTHER?
        {TELL} (if|whether) it is SIDE the OTHER.
        ~would you say it is SIDE the OTHER?""",
    # OTHER
    "and other": """(and |)(what about|how about) the OTHER?
        and the OTHER?
        the OTHER?
        and the OTHER, please?
        the same for the OTHER.
        now the OTHER.
        ~and what about the OTHER then?
        ~and for the OTHER?""",
    "other one": """(and |)(what about|how about) the other (one|)?
        and the other (one|)?
        the other (one|)?
        and the second (one|)?
        now the other one.
        ~and what about the other one then?
        ~and for the other one?""",
    "sure": """are you (sure|certain|really sure|quite sure|sure about that|sure of that|positive)?
        (really|truly|is that so|is that right|is that correct|is that true)?
        is this (right|correct|true)?
        do you really think so?
        ~(sure|certain|you sure|are you really certain)?
        ~can I (trust|believe) that?""",
    # ---------------------------------------------------------------- talk
    "hello": """(hello|hi|hey|good morning|good evening|good afternoon|greetings)(| there| you).
        (hello|hi|hey), how are you?
        how are you(| today)?
        (hello|hi|hey)!
        nice to meet you.
        ~(hi|hello) (friend|computer|everybody).
        ~how do you do?""",
    "thanks": """(thanks|thank you|cheers|many thanks)(| a lot| very much| so much|!).
        (great|good|perfect|very good|nice|well done|ok|okay|cool)(|, thanks|, thank you|!).
        ~(ok|fine), thank you.
        ~that (was|is) (great|helpful).""",
}

#: How a place may be called; the first is how it is called in answers.
PLACES = {
    "at the top left": "at the top left|in the top left corner|in the upper left corner|in the top left|top left|in the upper left|in the top-left corner",
    "at the top": "at the top|at the top in the middle|in the top middle|at the upper edge|top centre|top center",
    "at the top right": "at the top right|in the top right corner|in the upper right corner|in the top right|top right|in the upper right|in the top-right corner",
    "on the left": "on the left|on the left side|at the left|at the left edge|on the left in the middle|left",
    "in the middle": "in the middle|in the centre|in the center|at the centre|at the center|in the very middle",
    "on the right": "on the right|on the right side|at the right|at the right edge|on the right in the middle|right",
    "at the bottom left": "at the bottom left|in the bottom left corner|in the lower left corner|in the bottom left|bottom left|in the lower left|in the bottom-left corner",
    "at the bottom": "at the bottom|at the bottom in the middle|in the bottom middle|at the lower edge|bottom centre|bottom center",
    "at the bottom right": "at the bottom right|in the bottom right corner|in the lower right corner|in the bottom right|bottom right|in the lower right|in the bottom-right corner",
}
SIDES = {
    "to the left of": "to the left of|left of|on the left of|on the left side of|further left than",
    "to the right of": "to the right of|right of|on the right of|on the right side of|further right than",
    "above": "above|over|higher than|higher up than|further up than",
    "below": "below|under|beneath|underneath|lower than|further down than",
}
MOST = {"largest": "largest|biggest|greatest", "smallest": "smallest|littlest|tiniest"}
BEFORE = "please tell me: |please: |hi, |hello, |hey, |ok, |ok |so, |so |can you tell me: |tell me, |quick question: |now |now, |excuse me, |I wonder: |and |sorry, |one question: |hm, |um, |please, |right, |~well, |~could you say: |~alright, |~next question: "
AFTER = ", please| please|, thanks| thanks| then| now|, thank you| exactly| pls|~, if you can see it|~ for me please|~, can you tell"
TYPOS = {
    "what": "waht|wat|whta", "where": "wher|wehre|whre", "which": "wich|whcih|witch", "there": "ther|thre|their", "picture": "pictrue|picure|pictur",
    "colour": "coluor|colur|collor", "color": "colr|coler", "many": "mnay|meny", "background": "backround|backgroud", "square": "sqaure|squre",
    "triangle": "trinagle|traingle", "circle": "cirlce|circel", "diamond": "dimond|diamnd", "describe": "discribe|desribe", "biggest": "bigest|biggst",
    "the": "teh|hte", "how": "hwo", "does": "dose|deos", "written": "writen|writtn", "read": "raed", "shapes": "shaps|shpaes", "please": "plese|pleas",
    "smallest": "smalest", "largest": "lagest", "purple": "purpel", "yellow": "yelow", "orange": "ornage", "hexagon": "hexgon", "see": "se",
}  # fmt: skip


def held(text):
    return zlib.crc32(text.encode()) % 4 == 0


def expand(rng, text):
    """One of the ways that a phrase can be said."""
    return re.sub(" +", " ", said(rng, parsed(text))).strip()


@functools.cache
def parsed(text):
    """A list of plain texts and of lists, each of which holds alternatives, parsed themselves."""
    parts, groups = [], []
    for piece in re.split(r"(\{[A-Z]+\}|[(|)])", text):
        inner = groups[-1][-1] if groups else parts
        match piece:
            case "(":
                groups.append([[]])
            case "|" if groups:
                groups[-1].append([])
            case ")":
                group = groups.pop()
                (groups[-1][-1] if groups else parts).append(group)
            case _ if piece.startswith("{"):
                inner.append([parsed(option) for option in LISTS[piece[1:-1]].split("|")])
            case _ if piece:
                inner.append(piece)
    return parts


def said(rng, parts):
    return "".join(part if isinstance(part, str) else said(rng, pick(rng, part)) for part in parts)


@functools.cache
def phrases_of(kind):
    return [phrase.strip() for phrase in PHRASES[kind].split("\n")]


def pick(rng, options):
    return options[int(rng.integers(len(options)))]


def choice(rng, text, other):
    """One of `a|b|~c`: of those with "~" if `other` words are wanted, half the time, and else of the rest."""
    options = text.split("|")
    marked = other and rng.random() < 0.5
    return pick(rng, [o for o in options if o.startswith("~") == marked] or options).removeprefix("~")


def say(rng, kind, other, **words):
    """A question of a kind in the words that are trained on, or in `other` ones; `words`, each of them one or
    several divided by "|", are put in for those in capitals."""
    marked = other and rng.random() < 0.5
    phrases = [phrase.removeprefix("~") for phrase in phrases_of(kind) if phrase.startswith("~") == marked]
    while True:
        question = expand(rng, pick(rng, phrases))
        # Of the phrases themselves the other ones; what is not held out by its phrase is by its checksum.
        if marked or held(question) == other:
            break
    for name in sorted(words, key=len, reverse=True):
        question = question.replace(name, pick(rng, words[name].split("|")))
    return styled(rng, question, other)


def styled(rng, question, other=False):
    """As it is typed: polite or not, with or without capitals, stops and faults."""
    end = question[-1] if question[-1] in "?.!" else ""
    body = question.removesuffix(end)
    if rng.random() < 0.2:
        body = choice(rng, BEFORE, other) + body
    if rng.random() < 0.12:
        body += choice(rng, AFTER, other)
    luck = rng.random()
    end = "" if luck < 0.25 else pick(rng, ["??", " ?", "!", "?", "...", "."]) if luck < 0.32 else end
    if rng.random() < 0.08:
        body = mistyped(rng, body)
    luck = rng.random()
    if luck < 0.65:
        body = body[0].upper() + body[1:]
    elif luck < 0.68:
        body = body.upper()
    return body + end


def mistyped(rng, text):
    words = text.split(" ")
    known = [n for n, word in enumerate(words) if word in TYPOS]
    if known and rng.random() < 0.6:
        at = pick(rng, known)
        words[at] = pick(rng, TYPOS[words[at]].split("|"))
        return " ".join(words)
    long = [n for n, word in enumerate(words) if len(word) > 4 and word.isalpha()]
    if not long:
        return text
    at = pick(rng, long)
    word, i = words[at], int(rng.integers(1, len(words[at]) - 1))
    words[at] = pick(rng, [word[:i] + word[i + 1 :], word[:i] + word[i] + word[i:], word[: i - 1] + word[i] + word[i - 1] + word[i + 1 :]])
    return " ".join(words)
