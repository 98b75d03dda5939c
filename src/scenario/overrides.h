// SPDX-License-Identifier: GPL-3.0-or-later
/* Changes of a scenario from the command line or an experiment. They edit the JSON tree before it
 * is read, so that they pass the same checks as the file, and each node they make has its override
 * for an origin (JsonPlace).
 *
 * A path is dotted; array elements go by number; * stands for every member or element (sources of
 * traffic without the option left out). What is not there is made, except deployments. A text in
 * the place of an object becomes the object it is short for: "client": "curl" and client.cap=30s
 * give both. */
#ifndef SCENARIO_OVERRIDES_H
#define SCENARIO_OVERRIDES_H

#include "base/json.h"

/* What an override was written as. */
typedef enum OverrideForm {
    OVERRIDE_FLAG, /* a flag that stands for the option: "--scale-up-window" */
    OVERRIDE_SET,  /* --set: told with its path */
    /* The model of a pasted firectl command, or of --model. One that is not the deployment's takes
     * the figures of its predecessor away: accelerator, weights, profile. */
    OVERRIDE_MODEL,
    /* Recorded files in the place of a source's. Given to all deployments they take the place of
     * one recording, not of several. */
    OVERRIDE_TRACE
} OverrideForm;

/* "deployments.chat.autoscaling.scale_up_window=15s": a change of the scenario, by the command line
 * or by an experiment's file. */
typedef struct ScenarioOverride {
    OverrideForm form;
    const char *path;  /* dotted; array elements by number: deployments.chat.traffic.0.rate_per_s */
    const char *value; /* JSON if it parses as JSON, else a text */
    const char *flag; /* what the user wrote, named in errors: "--set", "--scale-up-window"; lent */
    const char *file; /* it is written in, and whose directory relative names start from; NULL: the
                         command line, the working directory; lent */
    long line;        /* of that file */
} ScenarioOverride;

/* Overrides with texts of their own. */
typedef struct OverrideList {
    ScenarioOverride *items;
    size_t count;
    size_t capacity;
} OverrideList;

void overrides_add(OverrideList *list, const char *path, const char *value, const char *flag);
/* By --set or by --trace. */
void overrides_add_as(OverrideList *list, OverrideForm form, const char *path, const char *value);
/* By --firectl's command, or by --model: the flag. */
void overrides_add_model(OverrideList *list, const char *path, const char *model, const char *flag);
/* A change that a line of a file makes: that is what errors name. */
void overrides_add_from(OverrideList *list, const char *path, const char *value, const char *flag,
                        const char *file, long line);
/* Copies of all of them, behind those that are there. */
void overrides_add_all(OverrideList *list, const OverrideList *others);
void overrides_clear(OverrideList *list);

/* "path=value" after a --set; false after adding an error. */
bool overrides_add_set(OverrideList *list, const char *text, ErrorList *errors);

/* "--set a.b" or "--load-targets requests": the flag, and what is below its path ("": nothing).
 * Owned by the caller. */
char *override_place(const ScenarioOverride *override, const char *below);

/* Do two paths mean the same option, where * stands for any part? */
bool overrides_same_option(const char *one, const char *other);

/* In order, later ones over earlier ones. They are lent for the life of the tree. Mistakes in paths
 * are added to errors. */
void overrides_apply(const ScenarioOverride overrides[], size_t count, JsonTree *tree,
                     ErrorList *errors);

#endif
