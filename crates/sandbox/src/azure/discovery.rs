//! The endpoints and audiences of a cloud, which clients read before they sign in.

use serde_json::{Value, json};

use super::Core;

impl Core {
    /// `GET /metadata/endpoints`, without authentication, in the format of version 2022-09-01. `az
    /// cloud register` reads it.
    ///
    /// Source: <https://management.azure.com/metadata/endpoints?api-version=2022-09-01>.
    pub(super) fn endpoints(&self) -> Value {
        let url = &self.setup.url;
        json!({
            "name": "Sandbox",
            "portal": "https://portal.azure.com",
            "authentication": {
                "loginEndpoint": url,
                "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
                "tenant": "common",
                "identityProvider": "AAD",
            },
            "resourceManager": url,
            "graph": "https://graph.windows.net/",
            "graphAudience": "https://graph.windows.net/",
            "microsoftGraphResourceId": "https://graph.microsoft.com/",
            "gallery": "https://gallery.azure.com/",
            "batch": "https://batch.core.windows.net/",
            "media": "https://rest.media.azure.net",
            "sqlManagement": "https://management.core.windows.net:8443/",
            "suffixes": {
                "storage": "core.windows.net",
                "keyVaultDns": "vault.azure.net",
                "sqlServerHostname": "database.windows.net",
                "acrLoginServer": "azurecr.io",
            },
        })
    }
}
