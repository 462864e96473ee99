/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/parser.h"

#include "policy/near.h"

#include <stdio.h>
#include <string.h>

void
parser_next(struct parser *p)
{
	p->string = (struct token){ 0 };
	if (p->now.kind == TOK_STRING)
		p->string = p->now;
	p->now = lexer_next(&p->lexer);
}

void
parser_enter(struct parser *p, const char *production)
{
	p->path[p->path_count++] = production;
}

void
parser_leave(struct parser *p)
{
	p->path_count--;
}

static int
report_at(struct parser *p, enum err_code code, struct place at, struct bytes found,
    const char *expected, const char *hint)
{
	char path[64] = "";
	size_t used = 0;

	for (size_t i = 0; i < p->path_count; i++) {
		int n = snprintf(path + used, sizeof(path) - used, "%s%s", i == 0 ? "" : " > ",
		    p->path[i]);

		if (n < 0 || (size_t)n >= sizeof(path) - used)
			break;
		used += (size_t)n;
	}
	return diag_report(p->to, code, at, found, expected, hint, path);
}

static int
report_token(struct parser *p, const char *expected, const char *hint)
{
	if (p->now.kind == TOK_BAD)
		return report_at(p, p->now.code, p->now.place, p->now.text, "", p->now.hint);
	return report_at(p, ERR_MALFORMED, p->now.place,
	    p->now.kind == TOK_END ? BYTES("end of text") : p->now.text, expected, hint);
}

/* Where NEEDLE begins in TEXT; the size of TEXT when it does not. */
static size_t
find(struct bytes text, const char *needle)
{
	size_t i = 0;

	while (i < text.size && !bytes_has_prefix(bytes_slice(text, i, text.size), needle))
		i++;
	return i;
}

/*
 * A string that swallowed what follows it, because its end was forgotten: the token in hand says so, or is what stands
 * behind the string's late end. No string is gone back into twice, and no other one can end where it ended: a quotation
 * mark inside of it stands behind a backslash, which is no token, so that no rule can reach it.
 */
static const struct token *
greedy_string(const struct parser *p)
{
	if (p->now.kind == TOK_BAD && p->now.code == ERR_MALFORMED &&
	    bytes_has_prefix(p->now.text, "\""))
		return &p->now;
	if (p->string.kind == TOK_STRING && find(p->string.text, "\n") < p->string.text.size)
		return &p->string;
	return NULL;
}

static void
rewind_to(struct parser *p, const struct token *t, size_t offset)
{
	size_t before = (size_t)(t->text.p - p->policy->text.p);

	p->rewinds = true;
	p->rewind = p->lexer;
	p->rewind.left = bytes_slice(p->policy->text, before, p->policy->text.size);
	p->rewind.place = t->place;
	lexer_skip(&p->rewind, offset);
}

/* The fault is where the string should have ended, which may be far above the token in hand. */
static int
report_string(struct parser *p, const struct token *t, const char *expected, const char *hint)
{
	size_t line_end = find(t->text, "\n");
	struct bytes line = bytes_slice(t->text, 0, line_end);
	size_t open = find(line, "\xe2\x80\x9c"), close = find(line, "\xe2\x80\x9d");
	size_t mark = open < close ? open : close;
	char guess[112];

	if (mark < line.size) {
		struct bytes found = bytes_slice(line, mark, 3);

		rewind_to(p, t, mark);
		struct place at = p->rewind.place;

		lexer_skip(&p->rewind, found.size);
		return report_at(p, ERR_MALFORMED, at, found, "",
		    "a typographic quotation mark ends no string; use the ASCII one, \" (U+0022)");
	}
	if (p->now.kind == TOK_BAD) {
		rewind_to(p, t, line_end);
		return report_token(p, expected, hint);
	}
	if (find(t->text, "=>") == t->text.size)
		return report_token(p, expected, hint);
	rewind_to(p, t, line_end);
	(void)snprintf(guess, sizeof(guess),
	    "the string that begins at line %u, column %u ends here: was its end forgotten?",
	    t->place.line, t->place.column);
	return report_token(p, expected, guess);
}

int
parser_report(struct parser *p, const char *expected, const char *hint)
{
	const struct token *t = greedy_string(p);

	if (p->lexer.starved)
		return diag_no_memory(p->to);
	return t != NULL ? report_string(p, t, expected, hint) : report_token(p, expected, hint);
}

int
parser_refuse(struct parser *p, const char *expected, const char *hint)
{
	TRY(parser_report(p, expected, hint));
	return -1;
}

int
parser_limit(struct parser *p, struct place at, const char *hint)
{
	TRY(report_at(p, ERR_LIMIT, at, p->now.text, "", hint));
	return -1;
}

int
parser_take(struct parser *p, enum token_kind kind, const char *expected, const char *hint)
{
	if (p->now.kind != kind)
		return parser_refuse(p, expected, hint);
	parser_next(p);
	return 0;
}

/* May a rule, a section, or the end of either begin with the token in hand? */
static bool
is_beginning(const struct parser *p)
{
	enum token_kind kind = p->now.kind;

	return kind == TOK_IDENT || kind == TOK_ARROW || kind == TOK_NOT ||
	    kind == TOK_OPEN_BRACKET || kind == TOK_CLOSE_BRACE || kind == TOK_END;
}

/* A missing one is reported; reading goes on as if it were there when the next thing may begin here. */
static int
take_semicolon(struct parser *p)
{
	if (p->now.kind == TOK_SEMICOLON) {
		parser_next(p);
		return 0;
	}
	TRY(parser_report(p, "';'", "the version line, every rule and every section end in ';'"));
	return is_beginning(p) ? 0 : -1;
}

bool
parser_is_word(const struct parser *p, const char *word)
{
	return p->now.kind == TOK_IDENT && bytes_is_str(p->now.text, word);
}

size_t
parser_meant(const struct parser *p, const char *const *words, size_t count)
{
	const char *word = p->now.kind == TOK_IDENT ? near_word(p->now.text, words, count) : NULL;
	size_t i = 0;

	while (i < count && words[i] != word)
		i++;
	return i;
}

const char *
parser_word_hint(const struct parser *p, const char *word, const char *otherwise,
    char out[MAX_WORD_HINT])
{
	if (word == NULL)
		return otherwise;
	if (bytes_is_str_nocase(p->now.text, word))
		return "keywords are written in lower case";
	(void)snprintf(out, MAX_WORD_HINT, "did you mean '%s'?", word);
	return out;
}

int
parser_take_word(struct parser *p, const char *word)
{
	char expected[32], hint[MAX_WORD_HINT];

	if (!parser_is_word(p, word)) {
		bool meant = parser_meant(p, &word, 1) == 0;

		(void)snprintf(expected, sizeof(expected), "'%s'", word);
		TRY(parser_report(p, expected, parser_word_hint(p, meant ? word : NULL, "", hint)));
		if (!meant)
			return -1;
	}
	parser_next(p);
	return 0;
}

static const char *const keywords[] = { "version", "configurationrules", "authorizationrules",
	"issuancerules", "permit", "deny", "add", "issue", "issueproperty", "type", "value",
	"valueType", "issuer", "claim", "true", "false" };

bool
parser_is_keyword(struct bytes name)
{
	for (size_t i = 0; i < COUNT_OF(keywords); i++) {
		if (bytes_is_str(name, keywords[i]))
			return true;
	}
	return false;
}

static int
parse_rule(struct parser *p, enum policy_section section, unsigned number)
{
	static const char *const names[] = { "configRule", "authRule", "issueRule" };
	struct rule *r;

	parser_enter(p, names[section]);
	if (p->now.kind != TOK_ARROW && p->now.kind != TOK_NOT && p->now.kind != TOK_OPEN_BRACKET &&
	    p->now.kind != TOK_IDENT)
		return parser_refuse(p, "'=>', a condition or '}'", "");
	if (p->policy->rule_count == MAX_POLICY_RULES)
		return parser_limit(p, p->now.place, "a policy may have 1024 rules");
	r = arena_alloc(&p->policy->arena, sizeof(*r));
	if (r == NULL)
		return diag_no_memory(p->to);
	r->section = section;
	r->number = number;
	r->place = p->now.place;
	TRY(parser_rule_body(p, r));
	/* a rule that lacks its ';' is whole to who collects */
	*p->tail = r;
	p->tail = &r->next;
	p->policy->rule_count++;
	TRY(take_semicolon(p));
	parser_leave(p);
	return 0;
}

/* To behind the ';' of the rule that has a fault, or to the '}' of its section. */
static int
recover(struct parser *p, size_t path_count)
{
	if (!diag_wants_more(p->to) || p->policy->rule_count == MAX_POLICY_RULES)
		return -1;
	if (p->rewinds) {
		p->lexer = p->rewind;
		p->rewinds = false;
		parser_next(p);
		if (is_beginning(p) && p->now.kind != TOK_END) {
			p->path_count = path_count;
			return 0;
		}
	}
	while (p->now.kind != TOK_SEMICOLON && p->now.kind != TOK_CLOSE_BRACE &&
	    p->now.kind != TOK_END)
		parser_next(p);
	if (p->now.kind == TOK_END)
		return -1;
	if (p->now.kind == TOK_SEMICOLON)
		parser_next(p);
	p->path_count = path_count;
	return 0;
}

/* From behind the section's name. */
static int
parse_section(struct parser *p, enum policy_section section)
{
	size_t inside;

	parser_enter(p, policy_section_name(section));
	inside = p->path_count;
	parser_next(p);
	if (p->now.kind == TOK_ASSIGN) {
		TRY(parser_report(p, "'{'", "a section's name is followed by '{' at once"));
		parser_next(p);
	}
	TRY(parser_take(p, TOK_OPEN_BRACE, "'{'", ""));
	for (unsigned number = 1; p->now.kind != TOK_CLOSE_BRACE; number++) {
		if (parse_rule(p, section, number) < 0)
			TRY(recover(p, inside));
	}
	parser_next(p);
	TRY(take_semicolon(p));
	parser_leave(p);
	return 0;
}

static int
parse_version(struct parser *p)
{
	parser_enter(p, "versionInfo");
	TRY(parser_take_word(p, "version"));
	TRY(parser_take(p, TOK_ASSIGN, "'='", ""));
	if (p->now.kind == TOK_VERSION) {
		p->policy->version_text = p->now.text;
		p->policy->version_place = p->now.place;
	}
	TRY(parser_take(p, TOK_VERSION, "a version number", "versions are 1.0, 1.1 and 1.2"));
	TRY(take_semicolon(p));
	parser_leave(p);
	return 0;
}

static const char *const section_words[] = { "configurationrules", "authorizationrules",
	"issuancerules" };

/* The section whose name is in hand; COUNT_OF(section_words): none. */
static size_t
section_at(const struct parser *p)
{
	size_t i = 0;

	while (i < COUNT_OF(section_words) && !parser_is_word(p, section_words[i]))
		i++;
	return i;
}

static bool
is_section_opened(const struct parser *p)
{
	struct lexer ahead = p->lexer;
	struct token t = lexer_next(&ahead);

	return t.kind == TOK_OPEN_BRACE || t.kind == TOK_ASSIGN;
}

/*
 * What stands here is no section that may stand here. *SECTION is the one to read on with: the one that is named, or
 * was meant, or else the next that is missing; COUNT_OF(section_words) at the end of the text.
 */
static int
refuse_section(struct parser *p, const char *expected, size_t missing, size_t *section)
{
	char buf[MAX_WORD_HINT];
	size_t meant = parser_meant(p, section_words, COUNT_OF(section_words));
	const char *word = meant < COUNT_OF(section_words) ? section_words[meant] : NULL;

	TRY(parser_report(p, expected,
	    parser_word_hint(p, word,
		"the sections are configurationrules, authorizationrules and "
		"issuancerules, in this order, each once",
		buf)));
	p->path_count = 1;
	if (word == NULL && p->now.kind == TOK_IDENT && is_section_opened(p) &&
	    section_at(p) == COUNT_OF(section_words)) {
		*section = missing;
		return 0;
	}
	while (word == NULL && section_at(p) == COUNT_OF(section_words) && p->now.kind != TOK_END)
		parser_next(p);
	*section = word != NULL ? meant : section_at(p);
	return 0;
}

/* "authorizationrules" must be there; each section once, in their order. */
static int
parse_sections(struct parser *p)
{
	static const char *const expected[] = { "'configurationrules' or 'authorizationrules'",
		"'authorizationrules'", "'issuancerules' or end of text", "end of text" };
	size_t least = 0; /* the first section that may still come */

	for (;;) {
		size_t section = section_at(p);
		bool fits = section >= least && section <= (least < 2 ? 1 : 2);

		if (p->now.kind == TOK_END && least >= SECTION_ISSUANCE)
			return 0;
		if (!fits)
			TRY(refuse_section(p, expected[least], least < 2 ? 1 : 2, &section));
		if (section == COUNT_OF(section_words))
			return 0;
		if (section == SECTION_CONFIGURATION)
			p->policy->configuration_place = p->now.place;
		TRY(parse_section(p, (enum policy_section)section));
		if (section + 1 > least)
			least = section + 1;
	}
}

/* Behind a version line that is none: at the first section. */
static void
recover_version(struct parser *p)
{
	while (section_at(p) == COUNT_OF(section_words) && p->now.kind != TOK_END)
		parser_next(p);
	p->path_count = 1;
}

int
policy_grammar_parse(struct policy *policy, struct diag_sink *to)
{
	struct parser p = { .policy = policy, .tail = &policy->rules, .to = to };

	lexer_init(&p.lexer, policy->text, &policy->arena);
	parser_enter(&p, "policy");
	parser_next(&p);
	if (parse_version(&p) < 0) {
		if (!diag_wants_more(to))
			return -1;
		recover_version(&p);
		if (p.now.kind == TOK_END)
			return 0;
	}
	if (parse_sections(&p) < 0 && !diag_wants_more(to))
		return -1;
	return 0;
}
