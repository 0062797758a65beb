"""FAB's security API with the second factor; the class keeps FAB's name, of which endpoints are made."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_appbuilder.api import expose, safe
from flask_appbuilder.security import api as fab
from flask_appbuilder.security.schemas import LoginPost
from flask_babel import gettext as _
from flask_jwt_extended import create_access_token, create_refresh_token
from marshmallow import ValidationError, fields

from app.security import second_factor, second_step, signals
from app.security.domain import last_problem
from app.security.sign_in import wrong_words
from models import Staff


class _SignIn(LoginPost):
    code = fields.String(load_default="")


class SecurityApi(fab.SecurityApi):
    """Signing in by the API; an account with a second factor must send its code."""

    @expose("/login", methods=["POST"])
    @safe
    def login(self) -> Any:
        """Sign in and get tokens.
        ---
        post:
          description: >-
            Authenticate and get a JWT access and refresh token. With a second factor ``code`` is needed
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  type: object
                  properties:
                    username: {type: string, example: admin}
                    password: {type: string, example: complex-password}
                    provider: {type: string, example: db, enum: [db, ldap]}
                    refresh: {type: boolean, description: If true a refresh token is provided also}
                    code: {type: string, description: The code of the second factor or a recovery code}
          responses:
            200:
              description: Authentication Successful
              content:
                application/json:
                  schema:
                    type: object
                    properties:
                      access_token: {type: string}
                      refresh_token: {type: string}
            400:
              $ref: '#/components/responses/400'
            401:
              $ref: '#/components/responses/401'
            500:
              $ref: '#/components/responses/500'
        """
        if not request.is_json:
            return self.response_400(message="Request payload is not JSON")
        try:
            sent = _SignIn().load(request.json)
        except ValidationError as error:
            return self.response_400(message=error.messages)
        manager = self.appbuilder.sm
        check = manager.auth_user_ldap if sent.get("provider") == "ldap" else manager.auth_user_db
        user = check(sent["username"], sent["password"])
        if not user:
            problem = last_problem()
            status = 503 if problem.is_down else 401
            return self.response(status, message=problem.problem or wrong_words())
        refusal = self._refusal(user, sent["code"])
        if refusal:
            return self.response(401, message=refusal)
        tokens = {"access_token": create_access_token(identity=str(user.id), fresh=True)}
        if sent.get("refresh"):
            tokens["refresh_token"] = create_refresh_token(identity=str(user.id))
        return self.response(200, **tokens)

    def _refusal(self, user: Staff, code: str) -> str:
        """Why the right password is not enough; an empty string when it is."""
        session = self.appbuilder.session
        standing = second_factor.standing(session, user.id)
        if standing.must_enrol:
            return str(_("Sign in with a browser and set up your second factor first."))
        if not standing.is_on:
            return ""
        if not code:
            return str(_("This account has a second factor: send its code, too."))
        answer = second_factor.check(session, user.id, code)
        session.commit()
        signals.code_answered.send(self.appbuilder.sm, user=user, answer=answer)
        if not answer.is_right:
            return second_step.refusal(answer)
        signals.signed_in.send(self.appbuilder.sm, user=user)
        return ""
