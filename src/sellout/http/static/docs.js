// Starts Swagger UI on this program's own document. validatorUrl is off: it would ask another host.
SwaggerUIBundle({ url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null });
