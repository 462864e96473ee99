/* SPDX-License-Identifier: Apache-2.0 */
/* Token verification by libjwt and cjose. Argument: the folder that `bench --write` has filled. One JSON line each. */
#include <cjose/cjose.h>
#include <jansson.h>
#include <jwt.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIMES  300
#define ROUNDS 9

static char *
read_file(const char *folder, const char *name, const char *suffix, size_t *size)
{
	char path[4096];
	char *text = calloc(1, 65536);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s%s", folder, name, suffix);
	f = fopen(path, "rb");
	if (f == NULL || text == NULL)
		exit(1);
	*size = fread(text, 1, 65535, f);
	fclose(f);
	return text;
}

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct work {
	char *token, *pem;
	size_t pem_size;
	cjose_jwk_t *jwk;
};

static void
with_libjwt(struct work *w)
{
	jwt_t *jwt = NULL;

	if (jwt_decode(&jwt, w->token, (const unsigned char *)w->pem, (int)w->pem_size) != 0)
		exit(1);
	jwt_free(jwt);
}

static void
with_cjose(struct work *w)
{
	cjose_err e;
	cjose_jws_t *jws = cjose_jws_import(w->token, strlen(w->token), &e);
	uint8_t *plain;
	size_t size;
	json_error_t why;
	json_t *claims;

	if (jws == NULL || !cjose_jws_verify(jws, w->jwk, &e) ||
	    !cjose_jws_get_plaintext(jws, &plain, &size, &e))
		exit(1);
	claims = json_loadb((const char *)plain, size, 0, &why);
	if (claims == NULL)
		exit(1);
	json_decref(claims);
	cjose_jws_release(jws);
}

static void
measure(const char *job, const char *peer, void (*run)(struct work *), struct work *w)
{
	double us[ROUNDS];

	run(w);
	for (int r = 0; r < ROUNDS; r++) {
		double from = now_us();

		for (int i = 0; i < TIMES; i++)
			run(w);
		us[r] = (now_us() - from) / TIMES;
	}
	qsort(us, ROUNDS, sizeof(us[0]), ascending);
	printf("{\"job\":\"%s\",\"peer\":\"%s\",\"us\":%.3f}\n", job, peer, us[ROUNDS / 2]);
}

int
main(int argc, char **argv)
{
	static const char *const algs[] = { "rs256", "es256" };

	if (argc != 2)
		return 2;
	for (int i = 0; i < 2; i++) {
		struct work w = { 0 };
		char name[64], jwks_name[64], job[64];
		size_t size;
		json_error_t why;
		cjose_err e;
		json_t *jwks;
		char *jwk, *text;

		snprintf(job, sizeof(job), "attest-verify-%s", algs[i]);
		snprintf(name, sizeof(name), "token-%s", algs[i]);
		snprintf(jwks_name, sizeof(jwks_name), "jwks-%s", algs[i]);
		w.token = read_file(argv[1], name, ".jwt", &size);
		w.pem = read_file(argv[1], name, ".pem", &w.pem_size);
		text = read_file(argv[1], jwks_name, ".json", &size);
		jwks = json_loads(text, 0, &why);
		jwk = json_dumps(json_array_get(json_object_get(jwks, "keys"), 0), 0);
		w.jwk = cjose_jwk_import(jwk, strlen(jwk), &e);
		if (w.jwk == NULL)
			return 1;
		measure(job, "cjose + jansson (C)", with_cjose, &w);
		measure(job, "libjwt (C, PEM each time)", with_libjwt, &w);
		cjose_jwk_release(w.jwk);
		free(jwk);
		json_decref(jwks);
		free(text);
		free(w.token);
		free(w.pem);
	}
	return 0;
}
