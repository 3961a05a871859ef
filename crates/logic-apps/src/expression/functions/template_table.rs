//! Functions of ARM templates, except those in [`SHARED`](super::shared_table::SHARED).
//!
//! Functions that depend on the deployment, such as `parameters`, belong to the environment.

use super::{ANY, Function, collection, format, lambda, logical, template, time};

/// Grouped as in the articles on template functions.
pub(super) static TEMPLATE: &[Function] = &[
    // Strings.
    Function::eager("base64ToJson", 1, 1, template::base64_to_json),
    Function::eager("concat", 1, ANY, template::concat),
    Function::eager("dataUri", 1, 1, template::data_uri),
    Function::eager("format", 2, ANY, format::format),
    Function::eager("guid", 1, ANY, template::guid),
    Function::eager("padLeft", 2, 3, template::pad_left),
    Function::eager("split", 2, 2, template::split),
    Function::eager("uniqueString", 1, ANY, template::unique_string),
    Function::eager("uri", 2, 2, template::uri),
    // Arrays and objects.
    Function::eager("array", 1, 1, template::array),
    Function::eager("contains", 2, 2, template::contains),
    Function::eager("createArray", 0, ANY, collection::create_array),
    Function::eager("createObject", 0, ANY, template::create_object),
    Function::eager("flatten", 1, 1, template::flatten),
    Function::eager("intersection", 2, ANY, collection::intersection),
    Function::eager("items", 1, 1, template::items),
    Function::eager("length", 1, 1, template::length),
    Function::eager("null", 0, 0, template::null),
    Function::eager("objectKeys", 1, 1, template::object_keys),
    Function::eager("range", 2, 2, template::range),
    Function::eager("shallowMerge", 1, 1, template::shallow_merge),
    Function::eager("skip", 2, 2, template::skip),
    Function::eager("take", 2, 2, template::take),
    Function::eager("tryGet", 2, ANY, template::try_get),
    Function::eager("union", 2, ANY, template::union),
    // Lambdas.
    Function::lazy("filter", 2, 2, lambda::filter),
    Function::lazy("lambda", 1, ANY, lambda::lambda),
    Function::lazy("lambdaVariables", 1, 1, lambda::lambda_variables),
    Function::lazy("map", 2, 2, lambda::map),
    Function::lazy("reduce", 3, 3, lambda::reduce),
    Function::lazy("sort", 2, 2, lambda::sort),
    Function::lazy("toObject", 2, 3, lambda::to_object),
    // Comparisons and logic.
    Function::eager("and", 2, ANY, logical::and),
    Function::eager("coalesce", 1, ANY, logical::coalesce),
    Function::eager("false", 0, 0, template::false_value),
    Function::eager("or", 2, ANY, logical::or),
    Function::eager("true", 0, 0, template::true_value),
    // Dates.
    Function::eager("dateTimeAdd", 2, 3, time::date_time_add),
    // Functions of the service that are not supported.
    Function::unsupported("cidrHost"),
    Function::unsupported("cidrSubnet"),
    Function::unsupported("copyIndex"),
    Function::unsupported("dateTimeFromEpoch"),
    Function::unsupported("dateTimeToEpoch"),
    Function::unsupported("deployer"),
    Function::unsupported("deployment"),
    Function::unsupported("environment"),
    Function::unsupported("extensionResourceId"),
    Function::unsupported("groupBy"),
    Function::unsupported("indexFromEnd"),
    Function::unsupported("list"),
    Function::unsupported("listAccountSas"),
    Function::unsupported("listCallbackUrl"),
    Function::unsupported("listKeys"),
    Function::unsupported("listSecrets"),
    Function::unsupported("managementGroup"),
    Function::unsupported("managementGroupResourceId"),
    Function::unsupported("mapValues"),
    Function::unsupported("parseCidr"),
    Function::unsupported("pickZones"),
    Function::unsupported("providers"),
    Function::unsupported("reference"),
    Function::unsupported("references"),
    Function::unsupported("tenant"),
    Function::unsupported("tenantResourceId"),
];
