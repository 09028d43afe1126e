"""The phrases of `wordings.py`: how people ask each kind of question. `(a|b|)` is one of these, `{NAME}` a list of `LISTS`, words in
capitals are put in afterwards. A phrase that begins with "~" is never trained on."""

LISTS = {
    "PIC": "picture|image|photo|scene|drawing|pic|illustration|photograph",
    "IN": "in the {PIC}|in this {PIC}|on the {PIC}|here|in it",
    "MAYBE": "||| {IN}",
    "COLOUR": "colour|color",
    "WHATS": "what is|what's|whats",
    "TELL": "tell me|say|please tell me|let me know|I want to know|I'd like to know|can you tell me|could you tell me|can you say|do you know|I need to know",
    "POLITE": "||please |can you |could you |would you |can you please |could you please |kindly |just |",
    "SHOW": "show|name|list|give me|tell me|write down|enumerate",
    "THE": "the|the|the|that|this",
    "THING": "thing|object|shape|item|element|figure",
    "THINGS": "things|objects|items|elements",
    "FORMS": "shapes|figures|forms",
    "ALL": "altogether|in all|in total|all together|overall",
    "BIG": "bigger|larger|bigger|larger|greater",
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
        {POLITE}(read|tell me|show me) what (is|has been|was) {WRITTEN} on the NAME.
        what (is it|does it say) (that is |that's |)(written |)on the NAME?
        the NAME (says|reads|shows) (what|which {TEXT})?
        what does the {TEXT} on the NAME (say|read|spell)?
        what (is|was|'s) (on|on top of) the NAME?
        (so |)what's the NAME saying?
        what (message|text|word) does the NAME (give|display|contain|hold)?
        (give|tell) me the (exact |)(word|words|text|letters|writing) (on|of|from) the NAME.
        can you (decipher|recognise|recognize|transcribe|spell) the (NAME|{TEXT} on the NAME)(| for me)?
        (how|what) does the NAME read?
        what would I read on the NAME?
        what letters (are|do you see|can be seen|does one see) on the NAME?
        which letters make up the {TEXT} (on|of) the NAME?
        the (text|word|writing|letters) on the NAME (is|are|please)?
        NAME text?
        (text|words|letters) (on|of) the NAME?
        someone wrote something on the NAME, what is it?
        (I can't|I cannot) read the NAME, what does it say?
        what did they (put|print|paint) on the NAME?
        (look at|check) the NAME and (read it|tell me what it says).
        (what is|what's) the content of the NAME?
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
        {POLITE}(read|tell me) (everything|all|whatever|anything) (that is |)(written|readable){MAYBE}.
        what (do|does) the (sign|signs|text|texts|words|writing|letters|writings)( on it|{MAYBE}) (say|read)?
        (which|what) (words|letters|texts) (appear|can be read|are visible|do you see|can you see|are shown){MAYBE}?
        (text|any text|the writing|words)( please|{MAYBE})?
        what is (it|that) (saying|reading)?
        what (could|would|can) (I|you|one|somebody) read{MAYBE}?
        transcribe (the|all|any) {TEXT}(| you see| you can find|{MAYBE}).
        (give|write|tell) me (all |)the {TEXT}{MAYBE}.
        {POLITE}(do ocr|extract the text|read it out|spell the text){MAYBE}.
        what's the (message|inscription|label|sign){MAYBE}?
        what (is|was|has been) (spelled|spelt|printed|noted|lettered){MAYBE}?
        what do we read{MAYBE}?
        {POLITE}(quote|copy|repeat) the {TEXT}{MAYBE}.
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
        {POLITE}(read|tell me|show me) (what is|what's) {WRITTEN} PLACE.
        what (is|does) the {TEXT} (that is |)PLACE( say|)?
        PLACE{MAYBE}, what does the sign say?
        (there is|I see) (a sign|some text|something written) PLACE, what does it say?
        what (word|text|message) (can be read|is shown|do you read|stands) PLACE?
        what (letters|words) are PLACE?
        {POLITE}read (out |)the (sign|label|text) (you see|that you see|which is|located) PLACE.
        the sign PLACE (says|reads) what?
        what's the (sign|text) PLACE (saying|)?
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
        {POLITE}tell me (what|which) {COLOUR} (the NAME is|the NAME has|is used for the NAME).
        (so |)what {COLOUR}'s the NAME?
        what {COLOUR} would you (say|call|give) the NAME( is|)?
        {WHICH} {COLOUR} (was|is) (used for|given to) the NAME?
        the {COLOUR} of the NAME( is|, please|)?
        (is the NAME|the NAME is) (red, green or blue|red or blue or what {COLOUR}|which {COLOUR})?
        {WHICH} {COLOUR} (do you see|is shown|appears) (for|on|at) the NAME?
        (describe|identify|determine|find|state) the {COLOUR} of the NAME{MAYBE}.
        what is the NAME's {COLOUR}?
        what's the NAME's {COLOUR}?
        the NAME (has|is in|comes in) {WHICH} {COLOUR}?
        {WHICH} {COLOUR} (paint|ink|fill) does the NAME have?
        what (hue|shade|tint|paint|tone) is the NAME?
        what does the NAME look like, {COLOUR}-wise?
        (look at|see|find) the NAME: {WHICH} {COLOUR} is it?
        NAME {COLOUR}?
        in {WHICH} {COLOUR} (was|did they draw|did they paint|does one see) the NAME( drawn|)?
        how would you (name|describe|call) the {COLOUR} of the NAME?
        of {WHICH} {COLOUR} is the NAME?
        (can|could|would) you (tell|name|give) (me |)the {COLOUR} of the NAME(, please|)?
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
        {POLITE}(tell|show) me where (the NAME is|I find the NAME|to find the NAME|to look for the NAME).
        (where at|where exactly|whereabouts|where abouts) is the NAME{MAYBE}?
        where (would|will|might|may) (I|one|we|you) (find|see|spot|notice|locate) the NAME{MAYBE}?
        {POLITE}(locate|find|pinpoint|spot|search|point to|point out) the NAME{MAYBE}.
        what's the NAME's (position|location|place)?
        what is the (position|location|place|whereabouts) of the NAME{MAYBE}?
        (which|what) (part|area|side|region|corner|section|place|spot) of the {PIC} (has|holds|contains|shows) the NAME?
        (in |on |at |)(which|what) (side|part|area|region|section|place|spot|end) (of the {PIC} |)(is|do you see|can you see|lies|would I find) the NAME?
        where (does|did) the (NAME appear|NAME show up|NAME hide|artist put the NAME|NAME stand|NAME go){MAYBE}?
        where is the NAME (located|situated|placed|positioned|drawn|hidden|shown|hiding|standing){MAYBE}?
        the NAME('s|) (location|position|place)?
        the NAME, where (is it|would that be|do I find it)?
        where('s| is) (that|this|our) NAME{MAYBE}?
        is the NAME (on the left or on the right|at the top or at the bottom|left or right|up or down|top or bottom)?
        (I'm|I am) looking for the NAME(, where is it|)?
        (I can't|I cannot|can't) (see|find|spot) the NAME, where is it?
        (give|describe|state) (me |)the (position|location|place) of the NAME{MAYBE}.
        where is it, the NAME?
        NAME: where?
        NAME (position|location|where)?
        whereabouts (in|on) the {PIC} (can I find|is|do you see) the NAME?
        do you know where the NAME is?
        if I wanted to find the NAME, where (should|would|must|do) I look?
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
        {POLITE}tell me (how big the NAME is|the size of the NAME|about the size of the NAME).
        (what|which) size (is|was|would you give|would you call|do you give) the NAME?
        is the NAME (small, medium or large|big, medium or small|large, medium or small|a big one or a small one)?
        how (big|large|small) (would you say |)(is the NAME|the NAME is|does the NAME look|does the NAME appear)?
        how would you (describe|judge|rate|call) the size of the NAME?
        (what is|what's) the NAME's size?
        (describe|judge|state|estimate|give me) the size of the NAME.
        the NAME (has|is of|comes in) (what|which) size?
        how much (space|room) does the NAME take up?
        how big of (a thing|an object) is the NAME?
        NAME size?
        what are the dimensions of the NAME?
        the size of the NAME(, please| is|)?
        ~the NAME: how big is it?
        ~the NAME is of {WHICH} size?""",
    # PLACE
    "at": """{WHATS} PLACE{MAYBE}?
        what (do|can) you see PLACE?
        what can be seen PLACE of the {PIC}?
        {WHICH} {THING} is PLACE{MAYBE}?
        {TELL} what is PLACE.
        PLACE, {WHATS} there?
        what lies PLACE?
        (describe|name|look at) what is PLACE.
        {WHICH} {THINGS} are PLACE?
        what (do|did) (we|they) have PLACE?
        {POLITE}(tell|show) me what('s| is| you see| can be seen) PLACE.
        what (can|do|could|would) (I|one|we) (see|find|notice) PLACE{MAYBE}?
        what (is|was|has been) (drawn|shown|placed|located|visible|put|positioned|situated|sitting|found) PLACE?
        what('s|s) (that |the thing |the object |there |)PLACE?
        (which|what) (shape|thing|object|item|figure|element|symbol) (is|can be seen|do you see|lies|sits|do we find|is located) PLACE?
        PLACE{MAYBE}(,|:) what (do you see|can you see|is it|have we got|can I find)?
        (what do|what can) you (find|notice|spot|recognise|make out) PLACE?
        (describe|name|identify|list|check) (the (thing|object|shape|item|part)|what you see|whatever is|everything) PLACE.
        (look|have a look|take a look) PLACE: what (is it|is there|do you see)?
        (what's going on|what is happening|what have we|what have you got) PLACE?
        what (occupies|fills|is to be seen) the (spot|space|area|place|part) PLACE?
        and PLACE?
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
        {POLITE}(count|tell me the number of|tell me how many) (the |all the |)MANY(| there are)(| you can see| you see|{MAYBE}).
        how many MANY (exist|appear|are visible|can be seen|can be counted|are shown|are drawn|are present|are in total|do we have|have we got|are to be seen){MAYBE}?
        how many MANY (would you say |do you think |)(there are|are there|are here){MAYBE}?
        how many (of these |of those |of them |of the things |of the shapes |)(are|is) MANY?
        what's the (number|count|total|total number|amount|quantity) of MANY{MAYBE}?
        (the |)(number|amount|count|quantity) of MANY( please|{MAYBE})?
        (give|tell|write) me (the|a) (number|count|total|amount) of (all |)(the |)MANY{MAYBE}.
        {TELL} (the amount|the total number|the quantity) of MANY.
        in (this|the) {PIC}, how many MANY (are there|do you see|can you count|are shown)?
        MANY count?
        count MANY.
        how often (do|can) you (see|find) MANY?
        (I want|I need|I'd like) the (number|count) of MANY.
        (can|could|would) you count (the |)MANY( for me|{MAYBE})?
        what number of MANY (is there|are there|do you see|does the {PIC} have)?
        (do|can) you know how many MANY there are?
        what is the total of MANY?
        how many MANY have you (found|counted|seen)?
        how many MANY are there to (count|see|find)?
        (add up|total up|sum up) the MANY.
        tell me, how many MANY?
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
        {POLITE}(count|tell me the number of|tell me how many) (all |all the |the |)(things|objects|items|elements|shapes and signs)(| there are)(| you can see| you see|{MAYBE}).
        how many (things|objects|items|elements|different things|separate things|single objects|individual things) (exist|appear|are visible|can be seen|can be counted|are shown|are drawn|are present|do we have|have we got|are to be seen|make up the {PIC}){MAYBE}?
        how many (things|objects|items|elements) (are there|are there {ALL}|in total|in all|altogether){MAYBE}?
        what's the (total|total number|number|count|amount|sum) of (all |)(the |)(things|objects|items|elements){MAYBE}?
        (the |)(total|total number|number) of (all |)(things|objects|items)( please|{MAYBE})?
        (give|tell) me the (total|number|total number|total count|count) of (all |the |all the |)(things|objects|items|elements){MAYBE}.
        in (this|the) {PIC}, how many (things|objects|items) (are there|do you see|can you count)?
        how many (are there|things are there) (in all|altogether|in total|overall|all together)?
        counting everything, how many (things|objects|items) (are there|do you get|is that)?
        (if you count|when you count|counting) (everything|all the things|signs and shapes), (what is the total|how many are there|how many do you get)?
        (in total|all in all|altogether|overall), how many (things|objects|items) (are|do you see) (there|here|in it)?
        what is the (grand |overall |)total( of things| of objects|)?
        count everything( you see| you can see| there is|{MAYBE}).
        (everything|all things) counted, how many?
        how many (shapes and signs|signs and shapes)( are there|{MAYBE})( together| altogether| in all|)?
        (what|which) number of (things|objects|items) (is|are|does the {PIC}) (there|here|have)?
        total number of (things|objects|items|elements)?
        how full is the {PIC}, how many things?
        (add up|total up|sum up) (everything|all the things|all objects).
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
        {POLITE}(check|see|look|tell me|find out) (if|whether) (there is|there's|you see|you can see|you find|the {PIC} has|the {PIC} shows|it contains) A_NAME{MAYBE}.
        (is|isn't) there A_NAME (to be seen|to be found|visible|in here|present|around|somewhere in it|anywhere in it|hidden|among them){MAYBE}?
        (do|can|could|did|don't) you (see|find|spot|notice|detect|recognise|recognize|make out|observe) A_NAME( anywhere| somewhere| at all|{MAYBE})?
        (can|could|do|would) (I|we|one) (see|find|spot) A_NAME( anywhere| somewhere|{MAYBE})?
        (does|doesn't) (the|this) {PIC} (show|have|contain|include|feature|depict|hold) (A_NAME|any NAME)( anywhere| somewhere| at all|)?
        does A_NAME (appear|exist|occur|show up){MAYBE}?
        is A_NAME (part of|among|included in|contained in|drawn in|drawn on|depicted in|shown in) (the things|this|the {PIC}|it)?
        (is|are) (any|a single|at least one|one) NAME (there|here|shown|visible|present|in it|drawn|around)?
        did (they|someone|anybody) (draw|put|paint|place) A_NAME{MAYBE}?
        have (you|we) (got |seen |found |)A_NAME{MAYBE}?
        A_NAME{MAYBE}(, yes or no|, is it there|, anywhere|)?
        (yes or no|true or false): (there is|is there) A_NAME{MAYBE}?
        is (one|any) of (them|the things|the shapes|these) A_NAME?
        is there (such a thing as|something like|at least) A_NAME{MAYBE}?
        I (think|believe|guess) (there is|I see|there's) A_NAME(, right|, am I right|, is that so|)?
        there's A_NAME{MAYBE}, (isn't there|right|correct|yes)?
        is (it|this) (so|correct|right) that there is A_NAME?
        would (I|you|one) find A_NAME{MAYBE}?
        does it (have|show|contain|include) A_NAME?
        I'm looking for A_NAME, is there one?
        (any sign of|any trace of) A_NAME?
        would you find A_NAME if you looked?
        has it (got |)A_NAME( in it|)?
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
        (which|what|which one) (of the two |of them |)is {BIG}(:|,|) (the ONE or the OTHER|ONE or OTHER|the ONE, or the OTHER)?
        (which|which one) (is|has) the {BIG} (one|size|shape)(:|,) (the ONE or the OTHER|ONE or OTHER)?
        (between|out of|comparing|of) the ONE and the OTHER, (which one|which|what) is (the |){BIG}( one|)?
        what is {BIG}, the ONE or the OTHER?
        {POLITE}(compare the sizes of|compare) the ONE and the OTHER(, which is {BIG}|: which one is {BIG}|).
        (which|who) is the {BIG} (of the two|one|of both), (the |)ONE or (the |)OTHER?
        (tell me|say) which (one |)is {BIG}: (the |)ONE or (the |)OTHER.
        (the |)ONE (or|versus|vs) (the |)OTHER(, |: )which( one|) is {BIG}?
        which (takes up|has|covers) more (space|area|room), the ONE or the OTHER?
        (which one|what) would you (say|call) (is |)(the |){BIG}( one|), the ONE or the OTHER?
        ~the ONE or the OTHER: {WHICH} is {BIG}?
        ~which of the two is {BIG}, the ONE or the OTHER?""",
    "is larger": """is {THE} ONE {BIG} than the OTHER?
        is the ONE (any|much|a bit|) {BIG} than the OTHER{MAYBE}?
        would you say the ONE is {BIG} than the OTHER?
        {TELL} (if|whether) the ONE is {BIG} than the OTHER.
        the ONE is {BIG} than the OTHER, (right|true|isn't it)?
        compared with the OTHER, is the ONE {BIG}?
        is the size of the ONE {BIG} than that of the OTHER?
        (is|isn't) the (size of the |)ONE {BIG} (in size |)than the OTHER( or not|, yes or no|{MAYBE}|)?
        {POLITE}(tell me|check) (if|whether) the ONE is {BIG} than the OTHER.
        (do|would) you (say|think|believe) (that |)the ONE is {BIG} than the OTHER( is|)?
        does the ONE (look|seem|appear|have a {BIG} size|come out) {BIG} than the OTHER?
        is it the (case|truth) that the ONE is {BIG} than the OTHER?
        (does|would) the ONE (take up|cover|fill|need) more (space|area|room) than the OTHER?
        the ONE is {BIG} than the OTHER, (no|correct|yes|is that right|isn't that so|am I right)?
        (yes or no|true or false): the ONE is {BIG} than the OTHER.
        (comparing|if you compare) the ONE (and|with|to) the OTHER, is the (first|ONE) {BIG}?
        is the ONE the {BIG} (one|of the two), (compared with|compared to|next to|against) the OTHER?
        (can you|could you) (say|tell) (if|whether) the ONE is {BIG} than the OTHER?
        is the OTHER {LITTLE} than the ONE?
        the ONE, is it {BIG} than the OTHER?
        is the ONE (bigger or not|larger or not) than the OTHER?
        I think the ONE is {BIG} than the OTHER(, right|, am I right|)?
        ~does the ONE look {BIG} than the OTHER?
        ~is it true that the ONE is {BIG} than the OTHER?""",
    "is smaller": """is {THE} ONE {LITTLE} than the OTHER?
        is the ONE (any|much|a bit|) {LITTLE} than the OTHER{MAYBE}?
        would you say the ONE is {LITTLE} than the OTHER?
        {TELL} (if|whether) the ONE is {LITTLE} than the OTHER.
        the ONE is {LITTLE} than the OTHER, (right|true|isn't it)?
        compared with the OTHER, is the ONE {LITTLE}?
        (is|isn't) the (size of the |)ONE {LITTLE} (in size |)than the OTHER( or not|, yes or no|{MAYBE}|)?
        {POLITE}(tell me|check) (if|whether) the ONE is {LITTLE} than the OTHER.
        (do|would) you (say|think|believe) (that |)the ONE is {LITTLE} than the OTHER( is|)?
        does the ONE (look|seem|appear) {LITTLE} than the OTHER?
        is it the (case|truth) that the ONE is {LITTLE} than the OTHER?
        (does|would) the ONE (take up|cover|fill|need) less (space|area|room) than the OTHER?
        the ONE is {LITTLE} than the OTHER, (no|correct|yes|is that right|isn't that so|am I right)?
        (yes or no|true or false): the ONE is {LITTLE} than the OTHER.
        (comparing|if you compare) the ONE (and|with|to) the OTHER, is the (first|ONE) {LITTLE}?
        is the ONE the {LITTLE} (one|of the two), (compared with|compared to|next to|against) the OTHER?
        (can you|could you) (say|tell) (if|whether) the ONE is {LITTLE} than the OTHER?
        is the OTHER {BIG} than the ONE?
        the ONE, is it {LITTLE} than the OTHER?
        I think the ONE is {LITTLE} than the OTHER(, right|, am I right|)?
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
        (is|isn't) the ONE (situated|positioned|found|standing|sitting|lying|shown|somewhere|anywhere|located|drawn|placed|) SIDE (the|that) OTHER( or not|, yes or no|{MAYBE}|)?
        {POLITE}(tell me|check|see) (if|whether) the ONE (is|lies|sits) SIDE the OTHER.
        (do|would) you (say|think|believe|agree) (that |)the ONE (is|lies|sits) SIDE the OTHER( in the {PIC}|)?
        does the ONE (appear|come|show up|hang|float|stay|rest|look to be|seem to be) SIDE the OTHER{MAYBE}?
        (can|do|would|could) (I|we|you|one) (find|see|spot|locate|place) the ONE SIDE the OTHER?
        is it (right|correct|true|so|the case) that the ONE (is|lies) SIDE the OTHER?
        the ONE is SIDE the OTHER, (no|correct|yes|is that right|isn't that so|am I right|or is it not)?
        (yes or no|true or false): (the ONE is SIDE the OTHER|is the ONE SIDE the OTHER)?
        (compared with|compared to|relative to|with respect to|looking from|from) the OTHER, is the ONE SIDE it?
        (can you|could you) (say|tell) (if|whether) the ONE is SIDE the OTHER?
        the ONE, is it SIDE the OTHER?
        ONE SIDE OTHER(, yes or no|)?
        has the ONE been (put|placed|drawn) SIDE the OTHER?
        (did they|did someone) (put|place|draw) the ONE SIDE the OTHER?
        is the position of the ONE SIDE (that of |)the OTHER?
        I think the ONE is SIDE the OTHER(, right|, am I right|)?
        the ONE and the OTHER: is the (first|ONE) SIDE the (second|OTHER)?
        where is the ONE: SIDE the OTHER?
        (of the ONE and the OTHER|between the two), is the ONE SIDE the OTHER?
        is the ONE (any|a bit|a little|much|clearly|really|directly|) SIDE the OTHER?
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
        {WHICH} (shape|thing|object|figure|one|item|of them|of these) (MOST_IS|is the MOST one|has the MOST size|looks MOST|appears MOST|seems the MOST|would you call the MOST){MAYBE}?
        (what|which)'s the MOST (shape|thing|object|figure|one|item|of them all|of all|of the bunch){MAYBE}?
        {POLITE}(name|find|show me|identify|point out|point to|tell me|pick|spot|give me) (the MOST (shape|thing|object|figure|item|one)|whatever is MOST|which one is MOST|which shape MOST_IS){MAYBE}.
        of (all the things|everything|all these|these|them all|all), (which|what) is (the |)MOST?
        (the |)MOST (shape|thing|object|one|figure|of all)(, please|{MAYBE})?
        (which|what) (shape|thing|object) is MOST (of all|in size|among them|among all|overall)?
        (among|amongst|out of) (the shapes|them|all the shapes|these|all things), (which|what) (one |)(is (the |)MOST|MOST_IS)?
        the MOST (shape|thing|object|figure|item)(,| is|:) (which is it|what is it|which one)?
        (compare|looking at|go by|judge) the sizes(,|:) (which|what) (shape |thing |)is (the |)MOST?
        if you (sort|order|compare) (them|the shapes) by size, which is the MOST?
        (what|which) (thing|shape|object) MOST_IS?
        (do you know|can you say|can you tell) (which|what) (shape|thing|one) is the MOST?
        (I'm looking for|I want|I need) the MOST (shape|thing|object|one).
        MOST (shape|thing|object|one|item)?
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
        {POLITE}(tell me|say|write|list|report) (what you see|what there is|what is there|what it shows|what is visible|what can be seen|what's there|what you notice|what you find)( here|{MAYBE}).
        (please |)(describe|explain|summarise|summarize|narrate|depict|outline|sum up|detail|caption) (the|this|my|that) {PIC}(| briefly| in words| in full| fully| in a sentence| in your own words| thoroughly| completely| shortly).
        what('s|s| is) (all |)(in|on|inside|shown in|shown on|depicted in|to be seen in|to see in|visible in|present in|drawn in|contained in|part of) (the|this|that|my) {PIC}?
        what (can|could|would) (you|I|one|we) (see|find|make out|tell|say|recognise|recognize|observe|spot|discover) (here|in it|in the {PIC}|on this {PIC}|in this {PIC}|about this {PIC}|about it)?
        (give|write|make|provide|offer) (me |us |)(a|one|the|some) (whole |full |complete |detailed |short |brief |quick |overall |general |good |)(description|summary|overview|caption|account|idea|impression)( of (it|the {PIC}|this {PIC}|what is there|all you see|what you see)|, please|).
        what (all |)(does|do) (it|this|that|the {PIC}|this {PIC}) (show|contain|depict|have in it|display|represent|include|consist of|look like)?
        how (does|would) (the|this) {PIC} (look|be described)?
        what (am I|are you|are we|do I|do you) (looking at|seeing|see) (here|right now|in this {PIC}|exactly|)?
        (what's|what is) (this|that|it) (about|of|all about|a {PIC} of|supposed to be|showing|{PIC})?
        (what's|what is) the (content|contents|subject|motif) (of the {PIC}|of this {PIC}|here)?
        describe (it|this|the scene to me|what is there|what's in it|whatever you see|all the things you see|what's visible|what is shown|all of it|this for me).
        (everything|all) (you|that you) (see|can see|notice|find)(, please|)?
        (tell me|talk to me|inform me|let me know|say something) about (what you see|it|what is in it|everything in it|all of it|this).
        (what|which things) (is|are) (all |)(in there|there to see|there to be seen|in this one)?
        (help me|let me) (understand|see|imagine) (this|the) {PIC}.
        (look at|check|examine|view|study|inspect|analyse|analyze) (this|the) {PIC} (and tell me what you see|and describe it|and say what is there|closely and describe it|).
        (what|so what) do we have here?
        (can you|could you|would you) (see|describe|explain|tell me) (anything|what this is|what is in this|what is in the {PIC}|what you see)?
        (please |)put (the|this) {PIC} into words.
        (caption|description|summary|overview)( please|)?
        list (what|everything|all) (you see|there is|in it|is in the {PIC}|that is in it)(|, with places|, with positions| and where it is).
        what (things |)(are|is) where{MAYBE}?
        {PIC} description?
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
        (what's|what is|how's|how is) the {GROUND} (like|made|done|styled|drawn|painted|looking|of this|here)( here|{MAYBE}|)?
        {POLITE}(describe|tell me about|say something about|explain|tell me) (the {GROUND}|what the {GROUND} is like|how the {GROUND} looks|what is in the {GROUND}|what kind of {GROUND} it has){MAYBE}.
        what (kind|sort|type|style) of ({GROUND}|pattern|texture) (does it have|is used|is behind|has the {PIC}|is behind the shapes|is in the {GROUND}|is it in the back|is there in the {GROUND})?
        (which|what) (pattern|texture|design|style|look|structure|surface) (does the {GROUND} have|has the {GROUND}|is on the {GROUND}|is in the {GROUND}|can you see in the {GROUND}|fills the {GROUND}|is behind it all)?
        (is|does) the {GROUND} (patterned|have a pattern|striped|plain|checked|speckled|textured|uniform|have stripes|have a texture|decorated)( or plain| or what| or not|)?
        what (do you see|is there|is|can be seen|lies) (in|behind|at) the (background|back|backdrop|shapes|things|objects)?
        (what's|what is|whats) (behind|in back of|underneath|under) (the shapes|everything|it all|all the things|the objects|them)?
        (and |)the {GROUND}( please| is what| is like what|)?
        (what|how) (does|would) the {GROUND} look( like|)(| here| to you|{MAYBE})?
        how would you describe the {GROUND}?
        {GROUND}?
        on what (kind of |sort of |){GROUND} (are they|is it|are the shapes|are the things|is all this)( drawn| placed| painted|)?
        (what|which) {GROUND} (do|can) you see{MAYBE}?
        what is (it|everything|all|the {PIC}) (drawn|painted|placed|set) on?
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
        {POLITE}(list|name|tell me|give me|write down|enumerate|say|show me|mention) (the|all|all the|every|which|what) {COLOUR}s?( (you|that you) (see|can see|find)| there are| used| present| in use|{MAYBE}).
        (which|what) (different |various |)({COLOUR}s|hues|shades|tones) (appear|are visible|can you find|can you make out|can you name|do we have|have been used|were used|did they use|are in use|occur|can be found|make up the {PIC}|are the shapes|do you notice|are in it){MAYBE}?
        what('s|s| is) (the |)(colouring|coloring|palette|{COLOUR} scheme|{COLOUR} palette|range of {COLOUR}s){MAYBE}?
        how (colourful|colorful) is it, which {COLOUR}s?
        (what|which) {COLOUR}(s| ) (is|are) (used|there|it|everything|all of it|what){MAYBE}?
        (which|what) {COLOUR}s (is the {PIC}|are they|have they|do they have|is it|does it have|does it use|are in it|are the objects|does it contain)?
        (the |all |all the |){COLOUR}s( please| used| present| here|{MAYBE})?
        (give|make|write) me a list of (all |)(the |){COLOUR}s{MAYBE}.
        in (which|what) {COLOUR}s (are|is) (the things|they|the shapes|it|everything|the {PIC}) (drawn|painted|shown|)?
        (what|which) {COLOUR}s (should|would|do) I (see|need|find) (here|to paint this|to draw this|in it)?
        list of {COLOUR}s?
        (tell|show) me (all |)(about |)the {COLOUR}s.
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
        {POLITE}(list|name|tell me|give me|enumerate|say|show me|mention|identify) (the|all|all the|every|which|what) ((shapes|shape)|(figures|figure)|forms|geometric shapes|geometrical figures)( (you|that you) (see|can see|find|notice)| there are| present| drawn|{MAYBE}).
        (which|what) (different |various |kinds of |types of |sorts of |geometric |)(shapes|figures|forms) (appear|are visible|can you find|can you make out|can you name|do we have|have been drawn|were drawn|did they draw|occur|can be found|make up the {PIC}|do you notice|are in it|are these|does it have|does it show|are drawn|exist|can you identify){MAYBE}?
        (the |all |all the |)(shapes|figures|forms)( please| present| here|{MAYBE})?
        (give|make|write) me a list of (all |)(the |)(shapes|figures|forms){MAYBE}.
        (which|what) are the (shapes|figures|forms) (called|named|{MAYBE}|here)?
        list of (shapes|figures)?
        what (sort|kind|type) of shapes (is|are|do) (there|you see|this|in it){MAYBE}?
        (tell|show) me (about |)(all |)the (shapes|figures).
        (I want|I'd like|I need) (to know |)(a list of |)(the|all the|all) shapes.
        ~{FORMS}{MAYBE}: which are there?
        ~{WHICH} {FORMS} can be (seen|found){MAYBE}?""",
    "things": """{WHICH} {THINGS} are (there|here|shown|present){MAYBE}?
        {WHICH} {THINGS} (do|can) you see{MAYBE}?
        {SHOW} (the|all|all the) {THINGS}{MAYBE}.
        {WHICH} {THINGS} does the {PIC} (have|show|contain)?
        {TELL} {WHICH} {THINGS} there are.
        what are the {THINGS}{MAYBE}?
        (list of|a list of) (the|all) {THINGS}, please.
        {POLITE}(list|name|tell me|give me|enumerate|say|show me|mention|identify|write down) (the|all|all the|every single|each of the) (things|objects|items|elements)( (you|that you) (see|can see|find|notice)| there are| present| drawn| shown|{MAYBE}).
        (which|what) (different |various |kinds of |sorts of |)(things|objects|items|elements) (appear|are visible|can you find|can you make out|can you name|do we have|have been drawn|were drawn|occur|can be found|make up the {PIC}|do you notice|are in it|does it have|does it show|are drawn|exist|can you identify|are contained){MAYBE}?
        (the |all |all the |)(things|objects|items|elements)( please| present| here| list|{MAYBE})?
        (give|make|write) me (a|the|a full|a complete) list of (all |)(the |)(things|objects|items|elements|what is there){MAYBE}.
        (which|what) (things|objects|items) (is|are|make) (it|this|the {PIC}) (made of|made up of|composed of|)?
        list of (things|objects|items|everything)?
        (make|write|give me|produce) (a list|an inventory|a catalogue|an enumeration)( of everything| of all there is|).
        (I want|I'd like|I need) (to know |)(a list of |)(the|all the|all) (things|objects|items).
        (list|name|enumerate) (everything|all that is there|all of them|them all|each thing)( you can see| you see|{MAYBE}).
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
        {POLITE}(list|name|tell me|find|show me|give me|identify|point out) (the|all|all the|every|any) COL ((things|thing)|(objects|object)|(items|item)|(ones|one)|(elements|element)){MAYBE}.
        (which|what) (things|objects|items|ones|elements|of these|of them) (are|is) (painted |drawn |coloured |colored |shown in |filled |in |)COL{MAYBE}?
        (what|which thing|which things) (has|have|is of|are of) (the |a |)(COL {COLOUR}|{COLOUR} COL|COL colouring)?
        (what's|whats|what is|what was|what are) (painted |drawn |coloured |colored |in |)COL{MAYBE}?
        what COL (things|objects|items|stuff) (do you see|can you see|can you find|is there|are in it|does it have|exist|have we got|appear){MAYBE}?
        (everything|all|anything|things|objects) (that is |that's |in |which is |)COL(, please|)?
        (where|what) (do|can) you (see|find) (the {COLOUR} |)COL{MAYBE}?
        {POLITE}(tell me|say|show me) (what is|which is|which are|what all is|everything that is|which things are|what you see that is) COL{MAYBE}.
        COL (things|objects|items|ones)( please|{MAYBE})?
        (what|which) (things|objects|items) (would you say are|look|appear|come in|share the {COLOUR}) COL?
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
        (is|are|isn't) there (anything|something|things|objects|any things|a thing|any objects|at least one thing) (painted |coloured |colored |drawn |that is |that's |in |which is |)COL( at all| anywhere|{MAYBE})?
        (do|can|could|don't) you (see|find|spot|notice|detect) (anything|something|a thing|any thing|any object|things) (painted |coloured |drawn |that is |in |)COL( at all| anywhere|{MAYBE})?
        (does|has) (the|this) {PIC} (contain|have|got|include|show|use) (any |the {COLOUR} |anything |something |)COL( in it|)?
        is (any|one|at least one|a single|some) (of the (things|objects|shapes|items)|thing|object|item|of them) COL?
        (is|was) (the {COLOUR} |)COL (used|present|one of the {COLOUR}s|among the {COLOUR}s|there|in it|visible){MAYBE}?
        {POLITE}(check|tell me|see) (if|whether) (there is|you see|it has|there's) (anything|something|any) COL{MAYBE}.
        (yes or no|true or false): (something|anything) is COL?
        (are|is) (any|some) (things|thing|objects|object|items) (here |)COL?
        any COL ((things|thing)|(objects|object)|(ones|one)|in it|in there|at all)?
        did they use (the {COLOUR} |)COL{MAYBE}?
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
        (what|which thing|which object|what thing|which one|which shape) (is|lies|sits|stands|would be|comes|can be found) (next to|near|beside|closest to|nearest to|nearest|close to|by|nearby|right next to|right beside|adjacent to|near to|in the neighbourhood of|at the side of|close by|alongside|around) the NAME{MAYBE}?
        (what's|whats) (next to|near|beside|closest to|nearest to|nearest|close to|by|right next to|right by|adjacent to|alongside|around) (the|that) NAME{MAYBE}?
        {POLITE}(tell me|say|name|find|show me|identify) (what is|what's|the thing|the object|the shape|whatever is) (next to|near|beside|closest to|nearest to|nearest|close to|by|adjacent to) the NAME.
        (what|which thing|which object|which) (is|has) the (nearest|closest|shortest) (thing |object |neighbour |neighbor |item |shape |distance |)(to|of) the NAME?
        what (do|can|would) (you|I|we) (see|find|spot|notice) (next to|near|beside|close to|by|right next to|closest to|around) the NAME{MAYBE}?
        (who|what) is the (NAME's|neighbour of the NAME|neighbor of the NAME) (neighbour|neighbor|closest thing|)?
        (which|what) (is|are) the ((neighbours|neighbour)|(neighbors|neighbor)) of the NAME?
        the NAME('s|) (nearest |closest |)(neighbour|neighbor)?
        (next to|near|beside|close to|closest to|nearest to|right by) the NAME(,|:|) (what|which thing|which object) (is it|is there|do you see|can you see|lies there|do you find)?
        what (else |)is (there |)(near|close to|around|by|next to) the NAME?
        (which|what) (thing|object|item|shape) (does the NAME have|has the NAME) (next to it|beside it|nearby|as its neighbour)?
        the NAME is (closest to|nearest to|beside|next to|near) what?
        if I (stand at|go from|start at) the NAME, what is (nearest|closest|next to it)?
        ~what do you see (next to|beside|near) the NAME?
        ~the NAME is (next to|near|beside) {WHICH} {THING}?""",
    # SIDE, NAME
    "beside": """{WHATS} SIDE the NAME{MAYBE}?
        {WHICH} {THINGS} are SIDE the NAME?
        what lies SIDE the NAME?
        {TELL} what is SIDE the NAME.
        SIDE the NAME, {WHATS} there?
        (what|which (things|thing)|which (objects|object)|which (shapes|shape)|what things) (is|are|lies|lie|sits|stands|can be seen|can be found|do you see|do you find|can you see|would I find|is located|is placed|is to be seen) SIDE the NAME{MAYBE}?
        (what's|whats) (there |)SIDE (the|that) NAME{MAYBE}?
        {POLITE}(tell me|say|name|show me|list|describe|identify|find) (what is|what's|everything|all things|the things|the objects|whatever is|what you see) SIDE the NAME.
        SIDE the NAME(,|:|) (what|which things) (is it|is there|do you see|can you see|are there|do you find|is to be seen)?
        what (thing|things|object|objects|shape|shapes|else) (is|are) (there |located |placed |)SIDE the NAME?
        what (can|do|could) (I|we|one|you) (see|find|spot|notice) SIDE the NAME{MAYBE}?
        what has been (put|drawn|placed) SIDE the NAME?
        looking SIDE the NAME, what (do you see|is there)?
        ~what do you see SIDE the NAME?""",
    "sign there": """is there (a|any) (sign|text|writing|word){MAYBE}?
        (do|can) you see (a|any) (sign|text|writing){MAYBE}?
        are there (any |)(signs|words|letters){MAYBE}?
        does the {PIC} (have|show|contain) (a sign|any text|any writing|a sign with text)?
        is (anything|something) {WRITTEN}{MAYBE}?
        {TELL} (if|whether) there is a sign.
        can you find (a sign|any signs|some text) (anywhere|){MAYBE}?
        (is|are|isn't) there (a|any|some) (sign|signs|text|writing|word|words|letters|label|labels|lettering|inscription)( at all| anywhere| to be seen| to be found| visible|{MAYBE})?
        (do|can|could|did) (you|I|we) (see|find|spot|notice|make out|detect) (a|any|some) (sign|signs|text|writing|words|letters|label)( at all| anywhere|{MAYBE})?
        (does|has) (the|this) {PIC} (show|have|got|contain|include|feature) (a sign|any signs|signs|text|words|letters|any writing|some text|writing|any letters|something written)( in it| on it|)?
        is (anything|something|any text|some text|text) (written|printed|readable|legible|spelled out|to be read)( there| at all| anywhere|{MAYBE})?
        {POLITE}(check|tell me|see) (if|whether) (there is|you see|it has|there are|you find) (a sign|any signs|any text|something written|text|any writing){MAYBE}.
        (a|any|some) (sign|signs|text|writing|words|letters)( here| at all| anywhere| in there|{MAYBE})?
        is (one|any) of (the things|them|these) a sign?
        (has|did) (somebody|someone|anybody|they) (written|write|put up a sign|put text on it)( anything| something|{MAYBE})?
        can (anything|something) be read{MAYBE}?
        ~any (signs|text|writing){MAYBE}?
        ~is there (something|anything) to read{MAYBE}?""",
    # COL
    "which shape": """{WHICH} (shape|form) (is|has) the COL (thing|object|shape|one|figure)?
        what (shape|kind of shape) is COL?
        {WHATS} the COL (shape|thing|object|one|figure)?
        {TELL} {WHICH} shape is COL.
        the COL (thing|shape|object) is what?
        what is the shape of the COL (thing|object|one)?
        {POLITE}(tell me|say|name|identify|describe|find) (what|which) (shape|form|kind of shape) (is the COL one|the COL (thing|object|one) (is|has)|is COL).
        (what|which) (shape|form|figure|kind of shape|sort of shape|type of shape) (is|has|would you say is) (painted |drawn |coloured |)(in |)(COL|the COL one|the COL thing|the COL figure|the COL object)?
        what (does|is) the COL (one|thing|object|shape|figure) (look like|called|supposed to be|exactly)?
        (the shape|shape|form) of the COL (one|thing|object)(, please|)?
        (is|what is) the COL (one|thing|object|shape) (a circle or a square|a star or a ring|a square, a circle or what|in shape)?
        how is the COL (one|thing|object|figure) shaped?
        the COL (one|thing|object|shape|figure) (is|has) (which|what) (shape|form)?
        (which|what) COL shape (is|do you see|can you see) (there|{MAYBE}|it)?
        ~the COL (thing|shape|object|one): what is it?
        ~what kind of (shape|thing) is the COL one?""",
    # yes or no: NAME, COL, PLACE, SIZE, SIDE
    "is colour": """is the NAME COL{MAYBE}?
        is the NAME (painted |drawn |coloured |colored |really |actually |in |)COL( or not| or some other {COLOUR}|)?
        (does|is) the {COLOUR} of the NAME (COL|look COL|seem COL)?
        (would you say|do you think|can you confirm|is it true|is it right) (that |)the NAME is COL?
        the NAME is COL, (right|isn't it|correct|yes|true|no)?
        {TELL} (if|whether) the NAME is COL.
        does the NAME (look|appear|seem) COL{MAYBE}?
        (yes or no|true or false): the NAME is COL?
        has the NAME (got |)(the |)({COLOUR} |)COL?
        ~is COL the {COLOUR} of the NAME?
        ~the NAME: is it COL?
        ~did they paint the NAME COL?""",
    "is at": """is the NAME PLACE{MAYBE}?
        is the NAME (located |placed |situated |drawn |to be found |really |)PLACE( of the {PIC}| or not| or somewhere else|)?
        (would you say|do you think|can you confirm|is it true|is it right) (that |)the NAME is PLACE?
        the NAME is PLACE, (right|isn't it|correct|yes|true|no)?
        {TELL} (if|whether) the NAME is PLACE.
        does the NAME (lie|sit|stand|appear) PLACE{MAYBE}?
        (can|do) (I|you|we) (see|find) the NAME PLACE?
        (yes or no|true or false): the NAME is PLACE?
        ~the NAME: is it PLACE?
        ~is it PLACE that the NAME is?""",
    "is of size": """is the NAME SIZE{MAYBE}?
        is the NAME (really |rather |a |)SIZE( one| or not|)?
        (would you say|do you think|can you confirm|is it true) (that |)the NAME is SIZE?
        the NAME is SIZE, (right|isn't it|correct|yes|true|no)?
        {TELL} (if|whether) the NAME is SIZE.
        does the NAME (look|appear|seem) SIZE?
        ~the NAME: is it SIZE?""",
    "any at": """(is|are) there (anything|something|a thing|any shapes|any objects|any things) PLACE{MAYBE}?
        (do|can) you see (anything|something|a thing) PLACE{MAYBE}?
        (is|was) (anything|something) (drawn |shown |placed |to be seen |)PLACE?
        {TELL} (if|whether) there is (anything|something) PLACE.
        (does|has) the {PIC} (have|got|show|contain) (anything|something) PLACE?
        anything PLACE{MAYBE}?
        is (it|the {PIC}) empty PLACE, or is there something?
        can (I|you|we) find (anything|something) PLACE?
        ~would you say there is something PLACE?
        ~PLACE, is there anything?""",
    "any beside": """(is|are) there (anything|something|any things|any objects|any shapes) SIDE the NAME{MAYBE}?
        (do|can) you see (anything|something) SIDE the NAME?
        (anything|something) SIDE the NAME?
        {TELL} (if|whether) (anything|something) is SIDE the NAME.
        is (anything|something|any of the things) (drawn |placed |)SIDE the NAME?
        does (anything|something) lie SIDE the NAME?
        ~would you say there is something SIDE the NAME?
        ~SIDE the NAME, is there anything?""",
    # ---------------------------------------------------------------- short ones, that go on
    "it where": """(and |)where is it{MAYBE}?
        (and |)where?
        where('s|s) (it|that){MAYBE}?
        in {WHICH} part of the {PIC} is it?
        {TELL} where it is.
        where (can|do) (I|you) (find|see) it?
        its {SPOT}?
        (and |so |)where('s| is| was) (it|that|this)( located| placed| exactly| then| again|{MAYBE})?
        (and |)(in |on |)(which|what) (part|side|corner|place|area) is it( in| on|)?
        (tell|show) me where( it is| that is| exactly|)( please|).
        (whereabouts|where exactly|where about)?
        (and |)its (place|position|location|whereabouts)( please|)?
        (find|locate) it( for me| please|).
        (what is|what's) its (position|location|place)?
        where (would|do|can|should) (I|you|we|one) (find|see|look for|locate) (it|that)?
        (and |)the (position|location|place)?
        where does it (lie|sit|stand|appear)?
        ~{WHATS} its {SPOT}?
        ~where exactly?""",
    "it colour": """(and |){WHICH} {COLOUR} is (it|that)?
        (and |){WHICH} {COLOUR}?
        (and |)its {COLOUR}?
        {WHICH} {COLOUR} does it have?
        {TELL} its {COLOUR}.
        {WHATS} its {COLOUR}?
        (and |so |)(what|which) {COLOUR}('s| is| was) (it|that|this)( one| then|{MAYBE})?
        (and |)(the |its |it's |){COLOUR}( please| of it| of that|)?
        (tell|show) me (the|its) {COLOUR}( of it| please|).
        (what's|what is) (the|its) {COLOUR}( of that| then|)?
        (and |)in (what|which) {COLOUR}( is it|)?
        (what|which) {COLOUR} (has it|would that be|do you see|is that thing|is the thing)?
        how is it coloured?
        ~{WHATS} the {COLOUR} of it?
        ~{COLOUR}?""",
    "it size": """(and |)how (large|big|small) is (it|that)?
        (and |)how (big|large)?
        (and |)its size?
        is it (large or small|big or small|big|small or large)?
        (and |){WHICH} size( is it|)?
        {TELL} (how big it is|its size).
        (and |so |)how (big|large|small) (is|would you say is|was) (it|that|this)( then|{MAYBE})?
        (and |)(the|its|it's) size( please| of it|)?
        (tell|show) me (the|its) size( please|).
        (what's|what is) (the|its) size( of that| then|)?
        is (it|that) (a |)(big|small|large|tiny|medium)( one|)( or not|)?
        (big or small|large or small|small or large|how big)?
        (what|which) size (is that|has it|is it then|would that be)?
        ~{WHATS} its size?
        ~{WHICH} size does it have?""",
    # SIDE, OTHER
    "it side": """is it SIDE the OTHER?
        does it (lie|sit|stand) SIDE the OTHER?
        and is it SIDE the OTHER?
        {TELL} (if|whether) it is SIDE the OTHER.
        (and |so |)(is|isn't) it (placed |located |situated |drawn |)SIDE the OTHER( too| as well| or not|)?
        (and |)does it (appear|come|stand|sit) SIDE the OTHER?
        {POLITE}(tell me|check) (if|whether) it('s| is) SIDE the OTHER.
        it's SIDE the OTHER, (right|isn't it|correct)?
        (do|would) you (say|think) it is SIDE the OTHER?
        can I find it SIDE the OTHER?
        ~would you say it is SIDE the OTHER?""",
    # OTHER
    "and other": """(and |)(what about|how about) the OTHER?
        and the OTHER?
        the OTHER?
        and the OTHER, please?
        the same for the OTHER.
        now the OTHER.
        (and |so |ok and |)(what|how) about the OTHER( then| please|)?
        (and |)what (of|with) the OTHER?
        (and |)the OTHER( please| too| as well|)?
        (tell me|say|do) the same (about|of|for|with) the OTHER.
        (also|next|then|now) (for |)the OTHER( please|).
        same (question|thing|again) (for|about) the OTHER(|, please).
        ~and what about the OTHER then?
        ~and for the OTHER?""",
    "other one": """(and |)(what about|how about) the other (one|)?
        and the other (one|)?
        the other (one|)?
        and the second (one|)?
        now the other one.
        (and |so |ok and |)(what|how) about (the|that) (other|second|remaining|other one|second one)( then| please|)?
        (and |)what (of|with) the (other|second)( one|)?
        (and |)the (other|second|remaining)( one|)( please| too| as well|)?
        (tell me|say|do) the same (about|of|for|with) the (other|second)( one|).
        (also|next|then|now) (for |)the (other|second)( one|)( please|).
        same (question|thing|again) (for|about) the other( one|)(|, please).
        ~and what about the other one then?
        ~and for the other one?""",
    "sure": """are you (sure|certain|really sure|quite sure|sure about that|sure of that|positive)?
        (really|truly|is that so|is that right|is that correct|is that true)?
        is this (right|correct|true)?
        do you really think so?
        (and |but |)are you (sure|certain|very sure|absolutely sure|completely sure|confident|a hundred percent sure|really certain|sure of it)( about it| about this|)?
        (is|are) (that|this|it|you) (really |)(true|right|correct|so|the truth|sure|certain)?
        (do|did) you (mean|believe|know) (that|it|this)( for sure| really|)?
        (can|could|would) you (check|confirm|verify|look) (that|it|again|once more)?
        (honestly|seriously|for real|no doubt|you're sure|you are sure)?
        (is that|is this) (what you see|your answer|your final answer|certain)?
        (how sure|how certain) are you?
        I don't (believe|think) (you|so|that)(, are you sure|)?
        (check|look) again(, please|).
        ~(sure|certain|you sure|are you really certain)?
        ~can I (trust|believe) that?""",
    # ---------------------------------------------------------------- talk
    "hello": """(hello|hi|hey|good morning|good evening|good afternoon|greetings)(| there| you).
        (hello|hi|hey), how are you?
        how are you(| today)?
        (hello|hi|hey)!
        nice to meet you.
        (hello|hi|hey|hiya|howdy|hey there|hello hello|hallo|yo)(, model| again| my friend| dear|)?
        (good|nice) (day|evening|night|afternoon)( to you|).
        (how is it going|how's it going|what's up|how do you feel|are you there|you there)?
        (I am|I'm) (pleased|happy|glad) to meet you.
        (hello|hi), (nice to see you|good to see you|pleased to meet you|are you there)?
        ~(hi|hello) (friend|computer|everybody).
        ~how do you do?""",
    "thanks": """(thanks|thank you|cheers|many thanks)(| a lot| very much| so much|!).
        (great|good|perfect|very good|nice|well done|ok|okay|cool)(|, thanks|, thank you|!).
        (thanks|thank you|cheers|ta|thx|many thanks|thank you kindly)(, that's all|, great|, model| again| for that| for your help| for the help|).
        (that is|that's|that was) (nice|great|good|perfect|fine|right|correct|very helpful|all|lovely|enough)(, thanks|, thank you|).
        (good|great|nice|excellent) (job|work|answer).
        (wonderful|amazing|excellent|brilliant|awesome|lovely|fantastic|bravo|super)(, thanks|!|).
        (bye|goodbye|see you|good night|bye bye)(, thanks|).
        (you|you've) (are|been) (great|very helpful|kind|good|smart).
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
    "to the left of": "to the left of|to the left of|left of|on the left of|on the left side of|further left than|more to the left than|farther left than|to the left-hand side of|on the left-hand side of|left from|further to the left than|nearer the left edge than",
    "to the right of": "to the right of|to the right of|right of|on the right of|on the right side of|further right than|more to the right than|farther right than|to the right-hand side of|on the right-hand side of|right from|further to the right than|nearer the right edge than",
    "above": "above|above|over|higher than|higher up than|further up than|on top of|up from|at the top of|nearer the top than|somewhere above",
    "below": "below|below|under|beneath|underneath|lower than|further down than|lower down than|down from|nearer the bottom than|somewhere below",
}
#: How the largest and the smallest are asked for, as an adjective and as what is done.
EXTREMES = {
    "largest": {"MOST": "largest|biggest|largest|biggest|greatest|most large", "MOST_IS": "takes up the most space|covers the most area|covers the largest area|is bigger than all the others|is larger than the rest|has the largest size|fills the most room"},
    "smallest": {"MOST": "smallest|smallest|littlest|tiniest|most small|least large", "MOST_IS": "takes up the least space|covers the least area|covers the smallest area|is smaller than all the others|is smaller than the rest|has the smallest size|needs the least room"},
}
SIZES = {"tiny": "tiny|very small|minute", "small": "small|little", "medium": "medium|of medium size|medium-sized|middle-sized", "large": "large|big|huge"}
BEFORE = "please tell me: |please: |hi, |hello, |hey, |ok, |ok |so, |so |can you tell me: |tell me, |quick question: |now |now, |excuse me, |I wonder: |and |sorry, |one question: |hm, |um, |please, |right, |~well, |~could you say: |~alright, |~next question: "
AFTER = ", please| please|, thanks| thanks| then| now|, thank you| exactly| pls|~, if you can see it|~ for me please|~, can you tell"
TYPOS = {
    "what": "waht|wat|whta", "where": "wher|wehre|whre", "which": "wich|whcih|witch", "there": "ther|thre|their", "picture": "pictrue|picure|pictur",
    "colour": "coluor|colur|collor", "color": "colr|coler", "many": "mnay|meny", "background": "backround|backgroud", "square": "sqaure|squre",
    "triangle": "trinagle|traingle", "circle": "cirlce|circel", "diamond": "dimond|diamnd", "describe": "discribe|desribe", "biggest": "bigest|biggst",
    "the": "teh|hte", "how": "hwo", "does": "dose|deos", "written": "writen|writtn", "read": "raed", "shapes": "shaps|shpaes", "please": "plese|pleas",
    "smallest": "smalest", "largest": "lagest", "purple": "purpel", "yellow": "yelow", "orange": "ornage", "hexagon": "hexgon", "see": "se",
}  # fmt: skip
