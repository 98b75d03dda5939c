// SPDX-License-Identifier: GPL-3.0-or-later
/* Bodies of POST /sim/..., as they are understood or refused. */
#include "serve/control.h"

#include "scenario/deployment.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static DeploymentConfig deployments[] = {{.name = "chat"}, {.name = "search"}};
static const Scenario scenario = {.deployments = deployments, .deployment_count = 2};

static Control understood(ControlKind kind, const char *body) {
    Control control;
    ErrorList errors = {0};
    cr_assert(control_read(&control, kind, body, strlen(body), &scenario, &errors), "%s: %s", body,
              error_list_text(&errors));
    return control;
}

static void refused(ControlKind kind, const char *body, const char *words) {
    Control control;
    ErrorList errors = {0};
    cr_expect_not(control_read(&control, kind, body, strlen(body), &scenario, &errors), "%s", body);
    char *text = error_list_text(&errors);
    cr_expect(text != NULL && strstr(text, words) != NULL, "%s: %s", body, text);
    free(text);
    error_list_clear(&errors);
    control_clear(&control);
}

Test(serve_control, bodies_are_understood) {
    Control control = understood(CONTROL_JUMP, "{\"by\": \"1h30m\"}");
    cr_expect_eq(control.time, 90 * SIM_TIME_MINUTE);
    control = understood(CONTROL_SPEED, "{\"speed\": 0.5}");
    cr_expect_eq(control.speed, 0.5);
    control = understood(CONTROL_BURST, "{\"deployment\": \"search\", \"requests\": 100}");
    cr_expect_eq(control.deployment, 1);
    cr_expect_eq(control.count, 100);
    cr_expect_eq(control.time, 0, "all at once");
    control = understood(CONTROL_TAKE_REPLICA, "{\"deployment\": \"chat\"}");
    cr_expect_eq(control.count, 0, "the oldest");
    understood(CONTROL_PAUSE, "");
    understood(CONTROL_RESUME, "{}");
}

Test(serve_control, options_become_assignments) {
    Control control = understood(
        CONTROL_SET,
        "{\"value\": \"15s\", \"option\": \"scale_up_window\", \"deployment\": \"chat\"}");
    cr_expect_str_eq(control.assignment, "scale_up_window=15s");
    control_clear(&control);
    control = understood(CONTROL_SET, "{\"deployment\": \"chat\", \"option\": \"load_targets\", "
                                      "\"value\": {\"default\": 0.5}}");
    cr_expect_str_eq(control.assignment, "load_targets={\"default\": 0.5}");
    control_clear(&control);
}

Test(serve_control, what_is_wrong_is_named) {
    refused(CONTROL_JUMP, "{}", "by: found nothing, expected simulated time");
    refused(CONTROL_JUMP, "{\"by\": 60}", "by: found 60");
    refused(CONTROL_JUMP, "{\"bye\": \"1h\"}", "did you mean \"by\"?");
    refused(CONTROL_JUMP, "[]", "expected an object");
    refused(CONTROL_JUMP, "{\"by\"", "body:1");
    refused(CONTROL_PAUSE, "{\"for\": \"1h\"}", "for: found an unknown key");
    refused(CONTROL_SPEED, "{\"speed\": 0}", "from 0.001");
    refused(CONTROL_SPEED, "{\"speed\": \"fast\"}", "from 0.001");
    refused(CONTROL_BURST, "{\"deployment\": \"chat\", \"requests\": 1.5}", "whole number");
    refused(CONTROL_BURST, "{\"requests\": 1}", "deployment: found nothing");
    refused(CONTROL_BURST, "{\"deployment\": \"chad\", \"requests\": 1}", "did you mean \"chat\"?");
    refused(CONTROL_SET, "{\"deployment\": \"chat\", \"option\": \"a=b\", \"value\": 1}", "option");
    refused(CONTROL_SET, "{\"deployment\": \"chat\", \"option\": \"a\"}", "value: found nothing");
}
