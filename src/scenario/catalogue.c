// SPDX-License-Identifier: GPL-3.0-or-later
/* Finds names in the catalogue, and reads it: each row is read by a table of its fields, and
 * anything unknown, missing or insane is an error. What a configuration's figures are is decided in
 * catalogue_resolve.c. */
#include "scenario/catalogue.h"

#include "base/memory.h"
#include "scenario/catalogue_data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

static const struct {
    const char *name;
    double bytes_per_parameter; /* 4-bit weights carry a scale for each block of 16 or 32 */
} precisions[PRECISION_COUNT] = {
    [PRECISION_BF16] = {"bf16", 2},
    [PRECISION_FP8] = {"fp8", 1},
    [PRECISION_FP4] = {"fp4", 0.5625},
    [PRECISION_INT4] = {"int4", 0.5625},
};

/* Other names of the same bytes. */
static const struct {
    const char *name;
    CataloguePrecision precision;
} precision_aliases[] = {
    {"fp16", PRECISION_BF16}, {"float16", PRECISION_BF16}, {"bfloat16", PRECISION_BF16},
    {"nvfp4", PRECISION_FP4}, {"mxfp4", PRECISION_FP4},
};

/* Spellings ---------------------------------------------------------------------------------- */

/* ASCII only, whatever the locale. */
static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* "accounts/fireworks/models/X" and "meta-llama/X" are X. */
static const char *model_base(const char *name) {
    const char *slash = strrchr(name, '/');
    return slash != NULL ? slash + 1 : name;
}

static bool same_model_name(const char *a, const char *b) {
    for (; *a != '\0' && *b != '\0'; a++, b++) {
        if (lower(*a == '_' ? '-' : *a) != lower(*b == '_' ? '-' : *b)) {
            return false;
        }
    }
    return *a == *b;
}

/* The next letter or digit, in lower case; '\0' at the end. */
static char next_significant(const char **text) {
    while (**text != '\0') {
        const char c = lower(*(*text)++);
        if (is_letter_or_digit(c)) {
            return c;
        }
    }
    return '\0';
}

static const char *without_vendor(const char *name) {
    const char *const vendor = "nvidia";
    const char *rest = name;
    for (const char *v = vendor; *v != '\0'; v++) {
        if (next_significant(&rest) != *v) {
            return name;
        }
    }
    return rest + strspn(rest, "-_ ");
}

static bool same_accelerator_name(const char *a, const char *b) {
    a = without_vendor(a);
    b = without_vendor(b);
    for (;;) {
        const char c = next_significant(&a);
        if (c != next_significant(&b)) {
            return false;
        }
        if (c == '\0') {
            return true;
        }
    }
}

static bool has_name(const char *word, const char *name, const CatalogueNames *aliases,
                     bool (*same)(const char *, const char *)) {
    bool found = same(word, name);
    for (size_t i = 0; i < aliases->count && !found; i++) {
        found = same(word, aliases->items[i]);
    }
    return found;
}

const CatalogueModel *catalogue_model(const Catalogue *catalogue, const char *name) {
    const char *base = model_base(name);
    for (size_t i = 0; i < catalogue->model_count; i++) {
        const CatalogueModel *model = &catalogue->models[i];
        if (has_name(base, model->name, &model->aliases, same_model_name)) {
            return model;
        }
    }
    return NULL;
}

const CatalogueAccelerator *catalogue_accelerator(const Catalogue *catalogue, const char *name) {
    for (size_t i = 0; i < catalogue->accelerator_count; i++) {
        const CatalogueAccelerator *accelerator = &catalogue->accelerators[i];
        if (has_name(name, accelerator->name, &accelerator->aliases, same_accelerator_name)) {
            return accelerator;
        }
    }
    return NULL;
}

typedef struct NameList {
    const char **items;
    size_t count;
    size_t capacity;
} NameList;

static void name_list_add(NameList *list, const char *name) {
    list->items = memory_grow(list->items, list->count, &list->capacity, sizeof list->items[0]);
    list->items[list->count++] = name;
}

static void name_list_add_all(NameList *list, const char *name, const CatalogueNames *aliases) {
    name_list_add(list, name);
    for (size_t i = 0; i < aliases->count; i++) {
        name_list_add(list, aliases->items[i]);
    }
}

const char *catalogue_nearest_model(const Catalogue *catalogue, const char *name) {
    NameList names = {0};
    for (size_t i = 0; i < catalogue->model_count; i++) {
        name_list_add_all(&names, catalogue->models[i].name, &catalogue->models[i].aliases);
    }
    const char *nearest = error_nearest(model_base(name), names.items, names.count);
    free(names.items);
    return nearest;
}

const char *catalogue_nearest_accelerator(const Catalogue *catalogue, const char *name) {
    NameList names = {0};
    for (size_t i = 0; i < catalogue->accelerator_count; i++) {
        const CatalogueAccelerator *accelerator = &catalogue->accelerators[i];
        name_list_add_all(&names, accelerator->name, &accelerator->aliases);
    }
    const char *nearest = error_nearest(without_vendor(name), names.items, names.count);
    free(names.items);
    return nearest;
}

bool catalogue_precision(const char *name, CataloguePrecision *precision) {
    for (size_t i = 0; i < PRECISION_COUNT; i++) {
        if (same_model_name(name, precisions[i].name)) {
            *precision = (CataloguePrecision)i;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof precision_aliases / sizeof precision_aliases[0]; i++) {
        if (same_model_name(name, precision_aliases[i].name)) {
            *precision = precision_aliases[i].precision;
            return true;
        }
    }
    return false;
}

const char *catalogue_precision_name(CataloguePrecision precision) {
    return precisions[precision].name;
}

double catalogue_bytes_per_parameter(CataloguePrecision precision) {
    return precisions[precision].bytes_per_parameter;
}

double catalogue_weight_bytes(const CatalogueModel *model, CataloguePrecision precision) {
    const double given = model->weights_gb[precision];
    const double computed = model->parameters_b * precisions[precision].bytes_per_parameter;
    return 1e9 * (isnan(given) ? computed : given);
}

/* Reading ------------------------------------------------------------------------------------ */

typedef enum FieldType {
    FIELD_TEXT,         /* const char *, not empty */
    FIELD_TEXTS,        /* CatalogueNames */
    FIELD_NUMBER,       /* double */
    FIELD_INTEGER,      /* int64_t */
    FIELD_BOOLEAN,      /* bool */
    FIELD_PRECISION,    /* CataloguePrecision */
    FIELD_BY_PRECISION, /* double[PRECISION_COUNT], from an object; NAN where it has none */
    FIELD_MODEL,        /* const CatalogueModel *, by its name */
    FIELD_ACCELERATOR   /* const CatalogueAccelerator *, by its name */
} FieldType;

typedef struct Field {
    const char *name;
    FieldType type;
    size_t offset;
    double minimum, maximum;
    bool may_be_null; /* numbers: NAN then */
} Field;

#define AT(member) offsetof(CatalogueModel, member)
static const Field model_fields[] = {
    {"name", FIELD_TEXT, AT(name), 0, 0, false},
    {"aliases", FIELD_TEXTS, AT(aliases), 0, 0, false},
    {"parameters_b", FIELD_NUMBER, AT(parameters_b), 0.01, 1e5, false},
    {"active_parameters_b", FIELD_NUMBER, AT(active_parameters_b), 0.01, 1e5, false},
    {"expert_parameters_b", FIELD_NUMBER, AT(expert_parameters_b), 0, 1e5, false},
    {"experts", FIELD_INTEGER, AT(experts), 0, 1e5, false},
    {"active_experts", FIELD_INTEGER, AT(active_experts), 0, 1e5, false},
    {"layers", FIELD_INTEGER, AT(layers), 1, 1000, false},
    {"kv_bytes_per_token", FIELD_NUMBER, AT(kv_bytes_per_token), 1024, 1e8, false},
    {"kv_on_each_gpu", FIELD_BOOLEAN, AT(kv_on_each_gpu), 0, 0, false},
    {"weights_gb", FIELD_BY_PRECISION, AT(weights_gb), 0.01, 1e5, false},
    {"precision", FIELD_PRECISION, AT(precision), 0, 0, false},
    {"accelerator", FIELD_TEXT, AT(accelerator), 0, 0, false},
    {"source", FIELD_TEXT, AT(source), 0, 0, false},
    {NULL, FIELD_TEXT, 0, 0, 0, false},
};
#undef AT

#define AT(member) offsetof(CatalogueAccelerator, member)
static const Field accelerator_fields[] = {
    {"name", FIELD_TEXT, AT(name), 0, 0, false},
    {"aliases", FIELD_TEXTS, AT(aliases), 0, 0, false},
    {"memory_gib", FIELD_NUMBER, AT(memory_gib), 1, 1e4, false},
    {"bandwidth_gb_per_s", FIELD_NUMBER, AT(bandwidth_gb_per_s), 10, 1e6, false},
    {"tflops", FIELD_BY_PRECISION, AT(tflops), 1, 1e6, false},
    {"source", FIELD_TEXT, AT(source), 0, 0, false},
    {NULL, FIELD_TEXT, 0, 0, 0, false},
};
#undef AT

#define AT(member) offsetof(CatalogueProfile, member)
static const Field profile_fields[] = {
    {"model", FIELD_MODEL, AT(model), 0, 0, false},
    {"accelerator", FIELD_ACCELERATOR, AT(accelerator), 0, 0, false},
    {"accelerator_count", FIELD_INTEGER, AT(accelerator_count), 1, CATALOGUE_GPUS_MOST, false},
    {"expert_parallel", FIELD_INTEGER, AT(expert_parallel), 1, CATALOGUE_GPUS_MOST, false},
    {"precision", FIELD_PRECISION, AT(precision), 0, 0, false},
    {"engine", FIELD_TEXT, AT(engine), 0, 0, false},
    {"c0_ms", FIELD_NUMBER, AT(c0_ms), 0.1, 1000, false},
    {"c_moe_ms", FIELD_NUMBER, AT(c_moe_ms), 0, 1000, false},
    {"c_prefill_ms", FIELD_NUMBER, AT(c_prefill_ms), 1e-4, 10, false},
    {"c_decode_ms", FIELD_NUMBER, AT(c_decode_ms), 0, 10, false},
    {"c_kv_ms", FIELD_NUMBER, AT(c_kv_ms), 0, 0.01, false},
    {"c_prefill_from", FIELD_TEXT, AT(c_prefill_from), 0, 0, false},
    {"points", FIELD_INTEGER, AT(points), 0, 1e6, false},
    {"concurrency_least", FIELD_NUMBER, AT(concurrency_least), 0.1, 1e6, true},
    {"concurrency_most", FIELD_NUMBER, AT(concurrency_most), 1, 1e6, true},
    {"tpot_error_percent", FIELD_NUMBER, AT(tpot_error_percent), 0, 50, true},
    {"source", FIELD_TEXT, AT(source), 0, 0, false},
    {NULL, FIELD_TEXT, 0, 0, 0, false},
};
#undef AT

static const char about_key[] = "about", accelerators_key[] = "accelerators";
static const char models_key[] = "models", profiles_key[] = "profiles";
static const char left_out_key[] = "left_out";

typedef struct Reader {
    const Catalogue *catalogue;
    const char *file_name;
    ErrorList *errors;
} Reader;

static void complain(const Reader *reader, const char *place, const char *found,
                     const char *expected) {
    error_add(
        reader->errors,
        &(Error){.file = reader->file_name, .place = place, .found = found, .expected = expected});
}

static bool read_text(const cJSON *item, const char **text) {
    *text = cJSON_GetStringValue(item);
    return *text != NULL && **text != '\0';
}

static bool read_texts(const cJSON *item, CatalogueNames *names) {
    bool fine = cJSON_IsArray(item);
    names->items = memory_new((size_t)cJSON_GetArraySize(item) + 1, sizeof names->items[0]);
    const cJSON *element;
    cJSON_ArrayForEach (element, item) {
        fine = read_text(element, &names->items[names->count++]) && fine;
    }
    return fine;
}

static bool read_number(const cJSON *item, const Field *field, double *number) {
    if (field->may_be_null && cJSON_IsNull(item)) {
        *number = NAN;
        return true;
    }
    *number = cJSON_GetNumberValue(item);
    return *number >= field->minimum && *number <= field->maximum;
}

static bool read_integer(const cJSON *item, const Field *field, int64_t *integer) {
    double number;
    const bool fine = read_number(item, field, &number) && number == floor(number);
    *integer = fine ? (int64_t)number : 0;
    return fine;
}

static bool read_by_precision(const cJSON *item, const Field *field, double *numbers) {
    bool fine = cJSON_IsObject(item);
    for (size_t i = 0; i < PRECISION_COUNT; i++) {
        numbers[i] = NAN;
    }
    const cJSON *element;
    cJSON_ArrayForEach (element, item) {
        CataloguePrecision precision;
        fine = fine && catalogue_precision(element->string, &precision) &&
               read_number(element, field, &numbers[precision]);
    }
    return fine;
}

static bool read_reference(const Reader *reader, const cJSON *item, const Field *field, void *at) {
    const char *name;
    if (!read_text(item, &name)) {
        return false;
    }
    if (field->type == FIELD_MODEL) {
        return (*(const CatalogueModel **)at = catalogue_model(reader->catalogue, name)) != NULL;
    }
    return (*(const CatalogueAccelerator **)at = catalogue_accelerator(reader->catalogue, name)) !=
           NULL;
}

static bool read_value(const Reader *reader, const cJSON *item, const Field *field, void *at) {
    switch (field->type) {
    case FIELD_TEXT: return read_text(item, at);
    case FIELD_TEXTS: return read_texts(item, at);
    case FIELD_NUMBER: return read_number(item, field, at);
    case FIELD_INTEGER: return read_integer(item, field, at);
    case FIELD_BOOLEAN: *(bool *)at = cJSON_IsTrue(item); return cJSON_IsBool(item);
    case FIELD_PRECISION: {
        const char *name;
        return read_text(item, &name) && catalogue_precision(name, at);
    }
    case FIELD_BY_PRECISION: return read_by_precision(item, field, at);
    case FIELD_MODEL:
    case FIELD_ACCELERATOR: return read_reference(reader, item, field, at);
    }
    return false;
}

static bool is_field(const Field fields[], const char *name) {
    while (fields->name != NULL && strcmp(fields->name, name) != 0) {
        fields++;
    }
    return fields->name != NULL;
}

/* Every field once, and no other. */
static void read_row(const Reader *reader, const cJSON *object, const Field fields[],
                     const char *place, char *row) {
    if (!cJSON_IsObject(object)) {
        complain(reader, place, "something else", "an object");
        return;
    }
    const cJSON *item;
    cJSON_ArrayForEach (item, object) {
        if (!is_field(fields, item->string) ||
            cJSON_GetObjectItemCaseSensitive(object, item->string) != item) {
            complain(reader, place, item->string, "each field once, and no other");
        }
    }
    for (const Field *field = fields; field->name != NULL; field++) {
        item = cJSON_GetObjectItemCaseSensitive(object, field->name);
        char *field_place = memory_format("%s.%s", place, field->name);
        if (item == NULL) {
            complain(reader, field_place, "nothing", "a value");
        } else if (!read_value(reader, item, field, row + field->offset)) {
            char *found = cJSON_PrintUnformatted(item);
            complain(reader, field_place, found, "another type, or a sane or known value");
            cJSON_free(found);
        }
        free(field_place);
    }
}

/* An array of rows of that size; *count is raised row by row, so that earlier rows can be found. */
static void *read_rows(const Reader *reader, const cJSON *root, const char *key,
                       const Field fields[], size_t size, size_t *count) {
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(root, key);
    if (!cJSON_IsArray(array) || cJSON_GetArraySize(array) == 0) {
        complain(reader, key, "no rows", "an array of objects");
        return NULL;
    }
    char *rows = memory_new((size_t)cJSON_GetArraySize(array), size);
    const cJSON *object;
    cJSON_ArrayForEach (object, array) {
        char *place = memory_format("%s[%zu]", key, *count);
        read_row(reader, object, fields, place, rows + *count * size);
        free(place);
        ++*count;
    }
    return rows;
}

static void check_model(const Reader *reader, const CatalogueModel *model) {
    if (model->active_parameters_b > model->parameters_b ||
        model->expert_parameters_b >= model->parameters_b ||
        model->active_experts > model->experts ||
        (model->experts > 0) != (model->expert_parameters_b > 0)) {
        complain(reader, model->name, "contradictions", "experts and active ones within the whole");
    }
    if (catalogue_accelerator(reader->catalogue, model->accelerator) == NULL) {
        complain(reader, model->name, model->accelerator, "an accelerator of the catalogue");
    }
    for (size_t i = 0; i <= model->aliases.count; i++) {
        const char *name = i > 0 ? model->aliases.items[i - 1] : model->name;
        if (catalogue_model(reader->catalogue, name) != model) {
            complain(reader, model->name, name, "names of its own");
        }
    }
}

static void check_profile(const Reader *reader, const CatalogueProfile *row) {
    const CatalogueModel *model = row->model;
    const double kv_tokens =
        catalogue_kv_capacity(catalogue_weight_bytes(model, row->precision),
                              model->kv_bytes_per_token, model->experts > 0, model->kv_on_each_gpu,
                              row->accelerator->memory_gib, row->accelerator_count);
    if (kv_tokens < CATALOGUE_KV_LEAST_TOKENS) {
        complain(reader, model->name, "a profile without room for the weights", "more GPUs");
    }
    if (row->c_moe_ms > 0 && model->experts == 0) {
        complain(reader, model->name, "c_moe_ms without experts", "0");
    }
}

static void check_accelerator(const Reader *reader, const CatalogueAccelerator *accelerator) {
    if (strlen(accelerator->name) >= CATALOGUE_NAME_MOST ||
        isnan(accelerator->tflops[PRECISION_BF16])) {
        complain(reader, accelerator->name, "a long name, or no tflops in bf16", "both");
    }
    for (size_t i = 0; i < accelerator->aliases.count; i++) {
        const char *name = accelerator->aliases.items[i];
        if (catalogue_accelerator(reader->catalogue, name) != accelerator) {
            complain(reader, accelerator->name, name, "names of its own");
        }
    }
}

static void check_rows(const Reader *reader) {
    const Catalogue *catalogue = reader->catalogue;
    for (size_t i = 0; i < catalogue->accelerator_count; i++) {
        check_accelerator(reader, &catalogue->accelerators[i]);
    }
    for (size_t i = 0; i < catalogue->model_count; i++) {
        check_model(reader, &catalogue->models[i]);
    }
    for (size_t i = 0; i < catalogue->profile_count; i++) {
        check_profile(reader, &catalogue->profiles[i]);
    }
}

static void check_keys(const Reader *reader, const cJSON *root) {
    const char *const keys[] = {about_key, accelerators_key, models_key, profiles_key,
                                left_out_key};
    const cJSON *item;
    cJSON_ArrayForEach (item, root) {
        bool known = false;
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            known = known || strcmp(keys[i], item->string) == 0;
        }
        if (!known) {
            complain(reader, item->string, "unknown key", NULL);
        }
    }
}

Catalogue *catalogue_read(const char *json, const char *file_name, ErrorList *errors) {
    Catalogue *catalogue = memory_new(1, sizeof *catalogue);
    const Reader reader = {catalogue, file_name, errors};
    const size_t errors_before = errors->count;
    cJSON *root = cJSON_ParseWithOpts(json, NULL, true);
    catalogue->json = root;
    if (!cJSON_IsObject(root)) {
        complain(&reader, NULL, "no JSON object", "the catalogue");
    } else {
        check_keys(&reader, root);
        catalogue->accelerators =
            read_rows(&reader, root, accelerators_key, accelerator_fields,
                      sizeof catalogue->accelerators[0], &catalogue->accelerator_count);
        catalogue->models = read_rows(&reader, root, models_key, model_fields,
                                      sizeof catalogue->models[0], &catalogue->model_count);
    }
    if (errors->count == errors_before) { /* profiles refer to rows that must be whole */
        catalogue->profiles = read_rows(&reader, root, profiles_key, profile_fields,
                                        sizeof catalogue->profiles[0], &catalogue->profile_count);
        if (!read_texts(cJSON_GetObjectItemCaseSensitive(root, left_out_key),
                        &catalogue->left_out)) {
            complain(&reader, left_out_key, "something else", "an array of texts");
        }
    }
    if (errors->count == errors_before) {
        check_rows(&reader);
    }
    if (errors->count > errors_before) {
        catalogue_destroy(catalogue);
        return NULL;
    }
    return catalogue;
}

Catalogue *catalogue_create(void) {
    ErrorList errors = {0};
    Catalogue *catalogue = catalogue_read(catalogue_data, "catalogue.json", &errors);
    error_list_clear(&errors);
    /* What is compiled in is ours, and the tests have read it: no memory, then. */
    return memory_checked(catalogue);
}

void catalogue_destroy(Catalogue *catalogue) {
    if (catalogue == NULL) {
        return;
    }
    for (size_t i = 0; i < catalogue->model_count; i++) {
        free(catalogue->models[i].aliases.items);
    }
    for (size_t i = 0; i < catalogue->accelerator_count; i++) {
        free(catalogue->accelerators[i].aliases.items);
    }
    free(catalogue->models);
    free(catalogue->accelerators);
    free(catalogue->profiles);
    free(catalogue->left_out.items);
    cJSON_Delete(catalogue->json);
    free(catalogue);
}
