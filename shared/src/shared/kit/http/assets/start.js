// Shows the OpenAPI document beside this page. Nothing is asked of another host.
window.ui = SwaggerUIBundle({
  url: document.getElementById("swagger-ui").dataset.document,
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: true,
  tagsSorter: "alpha",
});
